"""The folder of an extension, and how another takes its place so that a crash leaves one of them, whole.

While an operation runs, `SiteExtensions/.ID.previous` holds what was there before (an empty folder: nothing).
Until it is gone, that is what is installed; who finds it after a crash puts it back. So an operation has
happened by one rename, that which takes `.ID.previous` away, or it has not.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.effects.flushing import flush_file_system
from webstead.site.homes import SiteHome

__all__ = ["exchanged", "folder_in_force", "heal", "names"]

_MOST = 1000
_ENDING = ".previous"


def names(home: SiteHome) -> list[str]:
    """Of all folders that an extension is in, or was when an operation began; sorted."""
    try:
        found = [entry.name for entry in os.scandir(home.extensions) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    plain = {name for name in found if not name.startswith(".")}
    return sorted(plain | {_named(name) for name in found if _named(name)}, key=str.lower)[:_MOST]


def folder_in_force(home: SiteHome, name: str) -> Path | None:
    """Where the files of the extension are that is installed now; None for nothing. name: as `names` has
    it."""
    before = _previous(home, name)
    if before.is_dir():
        return before if any(before.iterdir()) else None
    folder = home.extensions / name
    return folder if folder.is_dir() else None


def heal(home: SiteHome, temporary: Path) -> tuple[str, ...]:
    """Undo what was cut off; whose. By the holder of the lock alone. Raises OSError."""
    cut = tuple(name for name in names(home) if _previous(home, name).is_dir())
    for name in cut:
        _restore(home, name, temporary)
    return cut


@contextmanager
def exchanged(home: SiteHome, name: str, made: Path | None, temporary: Path) -> Iterator[Path]:
    """What is made takes the place of what is there, None for nothing. It lasts when the body ends; what it
    raises brings back what was there. made: on the same file system. Gives the extension's folder. Raises
    OSError."""
    folder, before = home.extensions / name, _previous(home, name)
    home.extensions.mkdir(parents=True, exist_ok=True)
    if folder.is_dir():
        folder.rename(before)
    else:
        before.mkdir()
    try:
        if made is not None:
            made.rename(folder)
        yield folder
    except BaseException:
        _restore(home, name, temporary)
        raise
    flush_file_system(home.extensions)
    _discard(before, temporary)


def _restore(home: SiteHome, name: str, temporary: Path) -> None:
    folder, before = home.extensions / name, _previous(home, name)
    if folder.is_dir():
        _discard(folder, temporary)
    if any(before.iterdir()):
        before.rename(folder)
    else:
        before.rmdir()


def _discard(folder: Path, temporary: Path) -> None:
    """Gone at once, removed at leisure."""
    trash = Path(tempfile.mkdtemp(prefix="extension-", dir=temporary))
    folder.rename(trash / "old")
    remove_tree(trash)


def _previous(home: SiteHome, name: str) -> Path:
    return home.extensions / f".{name}{_ENDING}"


def _named(entry: str) -> str:
    """ "" for what is no such folder."""
    return entry[1 : -len(_ENDING)] if entry.startswith(".") and entry.endswith(_ENDING) else ""
