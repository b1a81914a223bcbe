"""Changes of the files of a home: each is one rename, or one removal, of a name in an open folder.

What a client knows of a file (its etag) is compared again at that moment, so that of two that write at once
one is told.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.site.files.conditions import Known, Removal, Writing, may_remove, may_write
from webstead.site.files.inside import Place, find, own_as
from webstead.site.files.paths import FilePath, is_fixed, is_managed
from webstead.site.homes import SiteHome

__all__ = ["Fixed", "Removed", "Written", "empty", "known_at", "look", "put_file", "put_folder", "remove"]

_locks: dict[Path, threading.Lock] = {}
"""Of each home: held from the comparison to the rename, never while bytes are received or folders removed."""

_KEPT = ("site", "kept")


class Fixed(Exception):
    """A home is not a home without it."""


@dataclass(frozen=True, slots=True)
class Written:
    """known: the file as it is now, or as it was where nothing was written."""

    outcome: Writing
    known: Known


@dataclass(frozen=True, slots=True)
class Removed:
    outcome: Removal
    known: Known


def known_at(place: Place) -> Known:
    """What is neither file nor folder is missing."""
    if place.is_folder:
        return Known("folder")
    if place.info is None or not place.is_file:
        return Known("missing")
    return Known("file", place.info.st_size, place.info.st_mtime_ns)


def look(root: Path, path: FilePath) -> Known:
    """What is there, and nothing when a folder on the way is missing."""
    try:
        with find(root, path.parts) as place:
            return known_at(place)
    except (FileNotFoundError, NotADirectoryError):
        return Known("missing")
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENAMETOOLONG):
            return Known("missing")
        raise


def put_file(
    root: Path, path: FilePath, received: Path, if_match: bytes | None, mode: int | None = None
) -> Written:
    """Move what was received there, when it may be. received: on the same file system, flushed. mode: None
    for that of the file that it replaces. A file that a link leads to is replaced where it is. Raises
    OSError; then nothing has changed."""
    with _one_at_a_time(root), find(root, path.parts, make=True) as place:
        known = known_at(place)
        outcome = may_write(known, slash=path.slash, if_match=if_match)
        if outcome not in ("create", "replace"):
            return Written(outcome, known)
        if place.info is not None and not place.is_file:
            raise FileExistsError(errno.EEXIST, "neither a file nor a folder", place.name)
        before = stat.S_IMODE(place.info.st_mode) if place.info else 0o644
        received.chmod(before if mode is None else mode)
        now = time.time_ns()  # finer than the kernel's own clock: two versions of one size have two tags
        os.utime(received, ns=(now, now))
        os.replace(received, place.name, dst_dir_fd=place.folder)
        own_as(place.folder, place.name)
        os.fsync(place.folder)
        info = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        return Written(outcome, Known("file", info.st_size, info.st_mtime_ns))


def put_folder(root: Path, path: FilePath) -> Written:
    """Make the folder, and those above. Raises OSError."""
    with _one_at_a_time(root), find(root, path.parts, make=True) as place:
        known = known_at(place)
        outcome = may_write(known, slash=True, if_match=None)
        if outcome == "make folder":
            os.mkdir(place.name, 0o755, dir_fd=place.folder)
            own_as(place.folder, place.name)
        return Written(outcome, known)


def remove(
    home: SiteHome, path: FilePath, temporary: Path, *, if_match: bytes | None, recursive: bool
) -> Removed:
    """Remove it, when it may be. Of what is kept across deployments, the link in the release and the file
    itself; of any other link, the link. temporary: on the same file system; what a folder holds is removed
    there, and nobody waits for it. Raises OSError, and Fixed for what a home is made of."""
    with _removing() as gone, _one_at_a_time(home.root), find(home.root, path.parts) as place:
        known = known_at(place)
        outcome = may_remove(
            known, slash=path.slash, if_match=if_match, empty=_is_empty(place), recursive=recursive
        )
        if outcome in ("remove file", "remove folder"):
            if is_fixed(path.parts, None) or is_fixed(place.real, home.release):
                raise Fixed
            if place.link is None or place.real[:2] == _KEPT:
                gone += _set_aside(place.folder, place.name, temporary)
            if place.link is not None:
                folder, name = place.link
                os.unlink(name, dir_fd=folder)
        return Removed(outcome, known)


def empty(home: SiteHome, parts: tuple[str, ...], temporary: Path) -> None:
    """Remove all that the folder holds, of links the links; a file in its place, too. temporary: as for
    `remove`. Raises OSError, FileNotFoundError when it leads nowhere, and Fixed for a folder that is part of
    every home, or of deployments."""
    with _removing() as gone, _one_at_a_time(home.root), find(home.root, parts) as place:
        if is_fixed(place.real, home.release) or is_managed(place.real):
            raise Fixed
        if place.own is not None:
            for name in os.listdir(place.own):
                gone += _set_aside(place.own, name, temporary)
        elif place.info is not None:
            gone += _set_aside(place.folder, place.name, temporary)


def _one_at_a_time(root: Path) -> threading.Lock:
    return _locks.setdefault(root, threading.Lock())


def _is_empty(place: Place) -> bool:
    if place.own is None:
        return True
    with os.scandir(place.own) as entries:
        return next(entries, None) is None


def _set_aside(folder: int, name: str, temporary: Path) -> Iterator[Path]:
    """Out of the open folder by one rename, as it is; where to. What lies on a disk of its own is removed in
    its place."""
    aside = temporary / f"gone-{secrets.token_hex(8)}"
    try:
        os.rename(name, aside, src_dir_fd=folder)
        yield aside
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=folder)  # follows no link, also not one put there meanwhile
        else:
            os.unlink(name, dir_fd=folder)


@contextmanager
def _removing() -> Iterator[list[Path]]:
    """Remove at the end what was set aside. What cannot be removed is in nobody's way where it is now."""
    gone: list[Path] = []
    try:
        yield gone
    finally:
        for path in gone:
            with suppress(OSError):
                remove_tree(path)
