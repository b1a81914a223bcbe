"""What of an input file decides what is built: without comments, blank lines, indents and the writer's line
ends. Pure.

Two texts with one essence mean the same; whether all that mean the same have one is not promised. Where a
quick look could be wrong, it is the file as it is.
"""

from __future__ import annotations

import json
import re

from webstead.project.manifests.requirements import logical_lines
from webstead.project.paths import name_of
from webstead.project.text import decode

__all__ = ["essence"]

_HEADER = re.compile(r"\[{1,2}(?P<name>[^\[\]]+)\]{1,2}\s*(?:#.*)?")
_OF_DEVELOPERS = re.compile(
    r"tool\.(?:bandit|black|codespell|commitizen|coverage|flake8|isort|mypy|poe|pylint|pyright|pytest|ruff|"
    r"semantic_release|taskipy|tox|ty|vulture)(?:\.|$)"
)
"""Tables that no installer and no build backend reads."""

_QUOTED = re.compile(r"[\"']")


def essence(path: str, data: bytes) -> bytes:
    name = name_of(path).lower()
    if name == "pipfile.lock" or name.endswith(".json"):
        return _of_json(data)
    if name == "pipfile" or name.endswith((".toml", ".lock")):
        return _of_toml(data)
    if name.endswith((".txt", ".in")):
        return _of_requirements(data)
    return data


def _of_json(data: bytes) -> bytes:
    try:
        return json.dumps(json.loads(decode(data).text), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return data


def _of_requirements(data: bytes) -> bytes:
    found = (line for _, line in logical_lines(decode(data).lines))
    lines = (line if _QUOTED.search(line) else " ".join(line.split()) for line in found)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _of_toml(data: bytes) -> bytes:
    """By lines, which is right where no text has several: that takes milliseconds, where parsing the lock of
    a thousand packages takes a second."""
    text = decode(data).text
    if '"""' in text or "'''" in text:
        return data
    kept, skipped = [], False
    for line in text.split("\n"):
        words = line.strip()
        if header := _HEADER.fullmatch(words):
            skipped = bool(_OF_DEVELOPERS.match(header["name"].strip()))
        if words and not skipped and not words.startswith("#"):
            kept.append(words)
    return "\n".join(kept).encode("utf-8", "surrogatepass")
