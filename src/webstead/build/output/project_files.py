"""The files of a project that go into an output."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path

from webstead.build.output.items import Item, folder_items

__all__ = ["leads_out", "project_items"]

_LEFT = frozenset(
    {
        ".cache",
        ".git",
        ".hg",
        ".idea",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "__pycache__",
    }
)
"""What tools keep beside the code. Vendored packages come along, and node_modules, which may be served."""


def project_items(project: Path, left: frozenset[str] = frozenset()) -> Iterator[Item]:
    """Every file but those of tools and of virtual environments. left: names at the root that stay, too."""
    return folder_items(project, skip=lambda path, entry: path in left or _is_left(entry))


def _is_left(entry: os.DirEntry[str]) -> bool:
    if entry.name in _LEFT:
        return True
    return entry.is_dir(follow_symlinks=False) and os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))


def leads_out(item: Item) -> bool:
    """Whether the item is a link to a place that is not in the output, as its text says."""
    if item.link is None:
        return False
    to = posixpath.normpath(posixpath.join(posixpath.dirname(item.path), item.link))
    return to.startswith(("/", "../")) or to == ".."
