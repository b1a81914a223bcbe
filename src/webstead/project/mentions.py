"""Where a project's own start files name a target: Dockerfile, scripts, compose files, .flaskenv.

A mention never makes a candidate; it decides between those that the code has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from webstead.project.evidence import Evidence
from webstead.project.paths import name_of
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["read_mentions"]

MAX_BYTES = 1 << 18  # a start file is short; this keeps a large README or lock file out

_NAMES = re.compile(
    r"^(?:dockerfile(?:\..*)?|.*\.dockerfile|(?:docker-)?compose.*\.ya?ml|\.flaskenv|makefile|justfile|startup\.txt"
    r"|.*\.sh|render\.yaml|fly\.toml|app\.yaml|railway\.toml|nixpacks\.toml|pyproject\.toml|readme(?:\..*)?)$",
    re.IGNORECASE,
)
_TARGET = re.compile(r"(?<![\w./:-])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_][\w.]*(?:\(\))?)(?![\w/])")
_FLASK = re.compile(r"FLASK_APP\s*[=:]\s*[\"']?([\w./]+?)(?:\.py)?(?:[\"'\s]|$)")


def read_mentions(tree: Tree, files: Sequence[str]) -> list[tuple[str, Evidence]]:
    """(target, where): `pkg.main:app`, or `pkg.main` alone for FLASK_APP."""
    found: list[tuple[str, Evidence]] = []
    for path in files:
        if path.count("/") > 2 or not _NAMES.match(name_of(path)):
            continue
        data = tree.read(path)
        if len(data) > MAX_BYTES:
            continue
        for number, line in enumerate(decode(data).lines, 1):
            if line.lstrip().startswith("#") and not name_of(path).lower().startswith("readme"):
                continue
            targets = [match[1] for match in _TARGET.finditer(line)]
            targets += [match[1].strip("./").replace("/", ".") for match in _FLASK.finditer(line)]
            found += [(target, Evidence(path, number, f"starts {target}")) for target in targets]
    return found
