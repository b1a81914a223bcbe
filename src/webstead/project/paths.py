"""Paths inside a project: relative, with `/`, never leaving it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

__all__ = ["by_name", "folder_of", "join", "name_of", "relative_to", "stem_of"]


def folder_of(path: str) -> str:
    """The folder that holds path; `.` for the project's root."""
    return posixpath.dirname(path) or "."


def by_name(paths: Iterable[str], folder: str) -> dict[str, str]:
    """The files that stand in folder itself, by their names in lower case."""
    prefix = "" if folder == "." else f"{folder}/"
    start = len(prefix)
    return {
        path[start:].lower(): path for path in paths if path.startswith(prefix) and "/" not in path[start:]
    }


def name_of(path: str) -> str:
    return posixpath.basename(path)


def stem_of(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def join(folder: str, path: str) -> str | None:
    """path as seen from folder, or None when it is absolute or leaves the project."""
    joined = posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))
    outside = joined.startswith(("/", "../")) or joined == ".." or joined[1:2] == ":"
    return None if outside else joined


def relative_to(path: str, folder: str) -> str:
    """path without folder in front; folder `.` is the root."""
    return path if folder == "." else path.removeprefix(folder + "/")
