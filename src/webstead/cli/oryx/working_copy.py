"""The intermediate folder: a copy of the source that hooks and builds may write to, brought up to date."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.errors import UsageError

__all__ = ["check_places", "copy_up_to_date"]


def check_places(source: Path, intermediate: Path | None) -> None:
    """Raises UsageError for an intermediate folder that would copy itself, or remove the source as something
    that is no part of the copy."""
    if intermediate is None:
        return
    inner = Path(os.path.realpath(intermediate))
    if inner == source:
        raise _inside(intermediate, source, "same as source directory")
    if inner.is_relative_to(source):
        raise _inside(intermediate, source, "a sub-directory of source directory")
    if source.is_relative_to(inner):
        raise _inside(intermediate, source, "a folder that holds the source directory")


def _inside(intermediate: Path, source: Path, what: str) -> UsageError:
    return UsageError(
        f"Intermediate directory '{intermediate}' cannot be {what} '{source}'.",
        found=f"-i {intermediate}",
        fix="Name a folder outside of it with -i.",
    )


def copy_up_to_date(source: Path, target: Path, without: Collection[str]) -> None:
    """Make target the copy of source: what differs is copied, what is gone is removed. without: names at the
    root that are neither copied nor removed. Links stay links. Raises OSError."""
    target.mkdir(parents=True, exist_ok=True)
    _sync(source, target, frozenset(without))


def _sync(source: Path, target: Path, without: frozenset[str]) -> None:
    with os.scandir(source) as found:
        wanted = {entry.name: entry for entry in found if entry.name not in without}
    with os.scandir(target) as found:
        present = [entry.name for entry in found if entry.name not in without]
    for name in present:
        if name not in wanted:
            remove_tree(target / name)
    for name, entry in wanted.items():
        _bring(entry, target / name)


def _bring(entry: os.DirEntry[str], target: Path) -> None:
    if entry.is_symlink():
        text = os.readlink(entry.path)
        if not (target.is_symlink() and os.readlink(target) == text):
            remove_tree(target)
            target.symlink_to(text)
    elif entry.is_dir():
        if target.is_symlink() or not target.is_dir():
            remove_tree(target)
            target.mkdir()
        _sync(Path(entry.path), target, frozenset())
    elif entry.is_file() and not _is_same(entry, target):
        remove_tree(target)
        shutil.copy2(entry.path, target)


def _is_same(entry: os.DirEntry[str], target: Path) -> bool:
    """By content, as rsync -c; the mode counts, too."""
    if target.is_symlink() or not target.is_file():
        return False
    return entry.stat().st_mode == target.stat().st_mode and filecmp.cmp(entry.path, target)
