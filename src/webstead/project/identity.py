"""What a project calls itself as a distribution: what `importlib.metadata` would tell of it if it were
installed.

Read from pyproject.toml (PEP 621, else Poetry's table), setup.cfg and setup.py; nothing is run.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from webstead.project.manifests.setup_script import read_setup_script
from webstead.project.manifests.toml import Table, table, text
from webstead.project.manifests.toml_file import read_toml
from webstead.project.paths import join
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["UNKNOWN_VERSION", "Identity", "read_identity"]

UNKNOWN_VERSION = "0"
"""Of a project whose version is told by git, or by its own code."""
MAX_ENTRY_POINTS = 1000

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
_GROUP = re.compile(r"[\w.:-]{1,128}", re.ASCII)
_ENTRY_POINT = re.compile(
    r"[^=\[\]\s][^=\[\]]{0,126}=[ \t]*[\w.]+(?::[\w.]+)?(?:[ \t]*\[[\w ,.-]*\])?", re.ASCII
)

EntryPoint = tuple[str, str]
"""A group, and `name = package.module:object`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """path: the file that says so."""

    name: str
    version: str
    path: str
    entry_points: tuple[EntryPoint, ...] = ()


def read_identity(tree: Tree, folder: str) -> Identity | None:
    """None for a project that has no name."""
    for name, read in (("pyproject.toml", _pyproject), ("setup.cfg", _config), ("setup.py", _script)):
        path = join(folder, name)
        found = read(tree, path) if path in tree.files() and path else None
        if found is not None:
            return found
    return None


def _identity(path: str, name: str, version: str, points: Iterable[EntryPoint]) -> Identity | None:
    """Valid by construction: what is no name or no entry point is left out."""
    if not _NAME.fullmatch(name.strip()):
        return None
    kept = dict.fromkeys((group, point.strip()) for group, point in points if _is_entry_point(group, point))
    return Identity(name.strip(), _version(version), path, tuple(kept)[:MAX_ENTRY_POINTS])


def _is_entry_point(group: str, point: str) -> bool:
    """Of one line, whatever else ends one."""
    written = point.strip()
    return bool(_GROUP.fullmatch(group) and _ENTRY_POINT.fullmatch(written)) and written.isprintable()


def _version(said: str) -> str:
    try:
        return str(Version(said))
    except InvalidVersion:
        return UNKNOWN_VERSION


def _pyproject(tree: Tree, path: str) -> Identity | None:
    data = read_toml(tree, path).data
    project, poetry = table(data, "project"), table(data, "tool", "poetry")
    points = [
        *_scripts(project, "scripts", "console_scripts"),
        *_scripts(project, "gui-scripts", "gui_scripts"),
        *_groups(table(project, "entry-points")),
        *_scripts(poetry, "scripts", "console_scripts"),
        *_groups(table(poetry, "plugins")),
    ]
    name, version = (text(project, key) or text(poetry, key) for key in ("name", "version"))
    return _identity(path, name, version, points)


def _scripts(owner: Table, key: str, group: str) -> Iterator[EntryPoint]:
    yield from _groups({group: table(owner, key)})


def _groups(groups: Table) -> Iterator[EntryPoint]:
    for group, points in groups.items():
        for name, value in points.items() if isinstance(points, Mapping) else ():
            if isinstance(value, str):
                yield group, f"{name} = {value}"


def _config(tree: Tree, path: str) -> Identity | None:
    parser = _parsed(decode(tree.read(path)).text)
    groups = parser.items("options.entry_points") if parser.has_section("options.entry_points") else []
    points = [(group, line) for group, lines in groups for line in lines.splitlines()]
    name = parser.get("metadata", "name", fallback="")
    return _identity(path, name, parser.get("metadata", "version", fallback=""), points)


def _parsed(said: str) -> configparser.RawConfigParser:
    """What is no INI file is empty: who reads its requirements says so."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of scripts have capitals
    try:
        parser.read_string(said)
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser


def _script(tree: Tree, path: str) -> Identity | None:
    read = read_setup_script(path, tree.read(path), tree.files(), path.rpartition("/")[0] or ".")
    parser = _parsed(read.entry_points_text)
    written = [(group, f"{n} = {v}") for group in parser.sections() for n, v in parser.items(group)]
    return _identity(path, read.name, read.version, (*read.entry_points, *written))
