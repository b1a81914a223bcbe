"""A TOML file of a project: its tables, and where a key stands, which TOML's parser does not tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.toml import Table, parse_toml
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["TomlFile", "read_toml"]

_HEADER = re.compile(r"^\s*\[{1,2}\s*(?P<name>[^\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*(?P<quote>[\"']?)(?P<key>[A-Za-z0-9_.-]+?)(?P=quote)\s*[.=]")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """data: empty where the file is no TOML, and then problem says so."""

    path: str
    text: str
    data: Table = field(default_factory=dict)
    problem: Finding | None = None

    def line_of(self, wanted: str) -> int:
        """The number of the first line that holds wanted, 0 when none does."""
        return next((n for n, line in enumerate(self.text.splitlines(), 1) if wanted in line), 0)

    def line_of_key(self, key: str, *headers: str) -> int:
        """The line of a key in one of the tables; of its name anywhere, where they are written otherwise."""
        here = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := _HEADER.match(line):
                here = header["name"].replace('"', "").replace("'", "")
                if any(here == f"{each}.{key}" for each in headers):
                    return number
            elif here in headers and (found := _KEY.match(line)) and found["key"].split(".")[0] == key:
                return number
        return self.line_of(key)


def read_toml(tree: Tree, path: str) -> TomlFile:
    """Never raises for what the file holds."""
    data = tree.read(path)
    text = decode(data).text
    try:
        return TomlFile(path, text, parse_toml(data))
    except ValueError as error:
        evidence = (Evidence(path, 0, str(error)),)
        finding = Finding(f"{path} is not valid TOML: {error}.", "Correct the file.", evidence)
        return TomlFile(path, text, problem=finding)
