"""Paths inside a project: relative, with `/`, never leaving it."""

from __future__ import annotations

import posixpath

__all__ = ["folder_of", "join", "name_of", "relative_to", "stem_of"]


def folder_of(path: str) -> str:
    """The folder that holds path; `.` for the project's root."""
    return posixpath.dirname(path) or "."


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
