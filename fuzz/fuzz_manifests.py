"""Fuzz the manifests that are converted: `python fuzz manifests`.

Any bytes are a pyproject.toml, a Pipfile, a setup.py or a setup.cfg: each gives lines that are one line each
and no option of uv's but a folder, or says what is wrong, with a line of the file.
"""

from __future__ import annotations

import re

from webstead.project.identity import read_identity
from webstead.project.manifests import read_manifests
from webstead.project.python_version import disagreements, read_python_statements
from webstead.project.tree import MemoryTree

__all__ = ["one"]

FILES = ("pyproject.toml", "Pipfile", "setup.py", "setup.cfg")
OTHERS = {"requirements/base.txt": b"flask\n", "README.md": b""}

_OPTION = re.compile(r"(?:--find-links|-e) \S")
_CONVERTED = frozenset({"poetry", "pipfile"})


def one(data: bytes) -> None:
    """data: a whole file, which is read under each name."""
    lines = len(data.decode("utf-8", "replace").splitlines()) + data.count(b"\0") + 2
    for name in FILES:
        tree = MemoryTree({**OTHERS, name: data})
        manifests = read_manifests(tree)
        for manifest in manifests.found:
            for line in manifest.lines or ():
                _check_line(line, strict=manifest.kind in _CONVERTED)
            if manifest.computed and (manifest.lines is not None or manifest.listed):
                raise AssertionError("computed, and yet known")
        places = [item.evidence for item in manifests.listed]
        places += [evidence for finding in manifests.findings for evidence in finding.evidence]
        if any(place.path == name and place.line > lines for place in places):
            raise AssertionError("a line that the file does not have")
        identity = read_identity(tree, ".")
        if identity and any(len(word.splitlines()) > 1 for point in identity.entry_points for word in point):
            raise AssertionError("an entry point of several lines")
        statements, _ = read_python_statements(tree)
        disagreements(statements)


def _check_line(line: str, *, strict: bool) -> None:
    if len(line.splitlines()) > 1 or not line.strip():
        raise AssertionError(f"not one line: {line!r}")
    if strict and line.startswith("-") and not _OPTION.match(line):
        raise AssertionError(f"an option: {line!r}")
