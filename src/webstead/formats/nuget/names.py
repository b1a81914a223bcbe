"""The names of a package's entries: URIs of parts, percent-encoded by those who pack it properly, and as they
are by those who do not. Both occur, and mean the same file.

A name is decoded once, and what it means then is checked anew: `..%2f` says `../`, `c%3a` a drive. A package
is for Windows, too: names that are something else there (a stream, a device, one file by two names) are
refused everywhere.

Source: OPC (ECMA-376 part 2), the packages of public galleries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes

from webstead.formats.windows_names import windows_fault

__all__ = ["BadName", "content_of", "entry_path", "nuspec_among"]

LONGEST_PATH = 260
"""Characters below the content: longer ones cannot be made on Windows without a switch."""

CONTENT = "content/"
"""What is unpacked of a site extension, in any case; the rest describes the package."""

_NUSPEC = ".nuspec"
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


class BadName(ValueError):
    """Of an entry that is not taken. Its words name it and say why."""


def entry_path(name: str) -> str:
    """The relative path that the name of an entry means. Raises BadName."""
    path = _decoded(name)
    if path.startswith(("/", "\\")):
        raise BadName(f"{_shown(name)} is an absolute path")
    parts = path.replace("\\", "/").split("/")
    if ".." in parts:
        raise BadName(f"{_shown(name)} leaves the folder that it is unpacked to")
    if any(part in ("", ".") for part in parts):
        raise BadName(f"{_shown(name)} has an empty name between two slashes")
    for part in parts:
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in part):
            raise BadName(f"{_shown(name)} holds control characters")
        if fault := windows_fault(part):
            raise BadName(f"{_shown(name)} cannot be unpacked: {fault}")
    if len(path) > LONGEST_PATH:
        raise BadName(f"{_shown(name)} is longer than {LONGEST_PATH} characters")
    return "/".join(parts)


def _decoded(name: str) -> str:
    """A `%` that no two digits follow is itself: raw names hold them."""
    if _ESCAPE.search(name) is None:
        return name
    try:
        return unquote_to_bytes(name).decode("utf-8")
    except UnicodeDecodeError:
        raise BadName(f"{_shown(name)} is not encoded as UTF-8") from None


def content_of(names: Iterable[str]) -> Mapping[str, str]:
    """By the name of each entry below `content/`, its path there. names: of files, relative, with `/`.

    Raises BadName for one that means another place, and for two that are one file: by the case of letters,
    by how an accent is written, by being encoded or not, or as a file in whose place another has a folder.
    """
    found: dict[str, str] = {}
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in names:
        path = entry_path(name)
        if path.lower().startswith(CONTENT):
            found[name] = inside = path[len(CONTENT) :]
            other = seen.setdefault(_key(inside), name)
            if other != name:
                raise BadName(f"{_shown(name)} and {_shown(other)} are one file")
            for folder in _folders_of(inside):
                written = folders.setdefault(_key(folder), folder)
                if written != folder:
                    raise BadName(f"{_shown(folder)} and {_shown(written)} are one folder")
    if both := seen.keys() & folders.keys():
        raise BadName(f"{_shown(seen[min(both)])} is a file and a folder")
    return found


def _folders_of(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def nuspec_among(names: Iterable[str]) -> str:
    """The name of the entry that is the nuspec: the one at the root. Raises BadName where there is none, or
    several."""
    found = [name for name in names if "/" not in name and name.lower().endswith(_NUSPEC)]
    if len(found) != 1:
        raise BadName(f"{len(found)} nuspecs are at its root; a package has one")
    return found[0]


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _shown(name: str) -> str:
    return repr(name[:200])
