"""What pip reads in a requirements file and uv does not, in words that uv reads. Pure.

Only what pip accepts is changed: a line that both refuse stays, and is told as it is. Lines keep their
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Note", "in_uvs_words"]

_BUILD_OPTION = re.compile(
    r"\s--(?P<name>config-settings?|global-option|build-option|install-option)(?:=|\s+)"
    r"(?:\"[^\"]*\"|'[^']*'|\S+)"
)
_OF_UBUNTU = re.compile(r"^\s*pkg[-_.]resources\s*==\s*0(?:\.0)*\s*(?:#.*)?$", re.IGNORECASE)
_FOUND_LINKS = re.compile(r"^(?P<option>\s*(?:-f|--find-links))(?:=|\s+)(?P<place>\S.*?)\s*$")
_INCLUDE = re.compile(
    r"^(?P<option>\s*(?:-r|--requirement|-c|--constraint))(?:=|\s+|(?=[^\s=-]))(?P<place>\S.*?)\s*$"
)
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")


@dataclass(frozen=True, slots=True)
class Note:
    """A line that was changed, so that it means less than it did. said: what of it is left out."""

    line: int
    said: str
    fix: str


def in_uvs_words(text: str, locate: Callable[[str, bool], str]) -> tuple[str, Sequence[Note]]:
    """The text as uv reads it, and what was left out. locate: the place of a path as seen from the file, and
    whether it is a requirements file that is included."""
    notes: list[Note] = []
    lines = [_line(raw, number, notes, locate) for number, raw in enumerate(text.splitlines(), 1)]
    return "\n".join([*lines, ""]), notes


def _line(raw: str, number: int, notes: list[Note], locate: Callable[[str, bool], str]) -> str:
    if _OF_UBUNTU.match(raw):
        said = "pkg-resources==0.0.0, which a bug of Ubuntu's pip writes, is no package: it is left out"
        notes.append(Note(number, said, "Remove the line."))
        return ""
    for pattern, included in ((_FOUND_LINKS, False), (_INCLUDE, True)):
        found = pattern.match(raw)
        if found and _is_path(found["place"]):
            return f"{found['option']} {locate(found['place'].strip(_QUOTES), included)}"
    if option := _BUILD_OPTION.search(raw):
        said = f"--{option['name']} is pip's, and is left out"
        fix = "Take a version of the package that has a wheel, or remove the option."
        notes.append(Note(number, said, fix))
        end = " \\" if raw.endswith("\\") else ""
        return _BUILD_OPTION.sub("", raw).rstrip("\\ ") + end
    return raw


_QUOTES = "\"'"


def _is_path(place: str) -> bool:
    """Whether it is relative: neither a URL nor an absolute path."""
    bare = place.strip(_QUOTES)
    return "://" not in bare and not bare.startswith(("/", "file:", "$")) and not _DRIVE.match(bare)
