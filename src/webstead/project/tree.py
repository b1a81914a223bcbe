"""The folder of code as a value: what the pure packages read instead of a disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

__all__ = ["IGNORED_FOLDERS", "MemoryTree", "Tree"]

IGNORED_FOLDERS = frozenset(
    {
        ".cache",
        ".eggs",
        ".git",
        ".hg",
        ".idea",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".python_packages",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".webstead",
        "__oryx_packages__",
        "__pycache__",
        "antenv",
        "node_modules",
        "site-packages",
    }
)
"""Folders that are never part of the project's own code, at any depth. A folder that holds `pyvenv.cfg` is
one too. Of `.python_packages` and `__oryx_packages__` a Tree lists what describes the packages in them."""


class Tree(Protocol):
    """Read access to a project. Paths are relative, with `/`, never leaving the folder."""

    def files(self) -> Sequence[str]:
        """All files outside IGNORED_FOLDERS and virtual environments, sorted."""
        ...

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises FileNotFoundError when it is not there."""
        ...


class MemoryTree:
    """A Tree held in memory, for tests and for archives."""

    def __init__(self, contents: Mapping[str, bytes | str]) -> None:
        self._contents = {
            path: data.encode() if isinstance(data, str) else data for path, data in contents.items()
        }

    def files(self) -> Sequence[str]:
        return sorted(self._contents)

    def read(self, path: str) -> bytes:
        try:
            return self._contents[path]
        except KeyError:
            raise FileNotFoundError(path) from None
