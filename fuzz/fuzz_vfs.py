"""Fuzz the paths of vfs: `python fuzz vfs`.

Any bytes of a request's path are a path below the home, or refused in words.
"""

from __future__ import annotations

from webstead.services.requests import path_of
from webstead.site.files.paths import read_path

__all__ = ["one"]


def one(data: bytes) -> None:
    try:
        path = read_path(path_of(data))
    except ValueError as error:
        if not str(error):
            raise AssertionError("refused without words") from error
        return
    for part in path.parts:
        if part in ("", ".", "..") or "/" in part or "\0" in part:
            raise AssertionError(f"{part!r} leads elsewhere")
