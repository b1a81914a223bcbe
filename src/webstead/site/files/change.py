"""Changes of the files of a home: each is one rename, or one removal, of a name in an open folder.

What a client knows of a file (its etag) is compared again at that moment, so that of two that write at once
one is told.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from webstead.site.files.conditions import Known, Removal, Writing, may_remove, may_write
from webstead.site.files.inside import Place, find, own_as
from webstead.site.files.paths import FilePath, is_fixed
from webstead.site.homes import SiteHome

__all__ = ["Fixed", "Removed", "Written", "known_at", "look", "put_file", "put_folder", "remove"]

_one_at_a_time = threading.Lock()
"""Held from the comparison to the rename: never while bytes are received."""

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


def put_file(root: Path, path: FilePath, received: Path, if_match: bytes | None) -> Written:
    """Move what was received there, when it may be. received: on the same file system, flushed. A file that a
    link leads to is replaced where it is. Raises OSError; then nothing has changed."""
    with _one_at_a_time, find(root, path.parts, make=True) as place:
        known = known_at(place)
        outcome = may_write(known, slash=path.slash, if_match=if_match)
        if outcome not in ("create", "replace"):
            return Written(outcome, known)
        if place.info is not None and not place.is_file:
            raise FileExistsError(errno.EEXIST, "neither a file nor a folder", place.name)
        mode = stat.S_IMODE(place.info.st_mode) if place.info else 0o644
        received.chmod(mode)
        now = time.time_ns()
        os.utime(
            received, ns=(now, now)
        )  # finer than the kernel's own clock: two versions of one size have two tags
        os.replace(received, place.name, dst_dir_fd=place.folder)
        own_as(place.folder, place.name)
        os.fsync(place.folder)
        info = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        return Written(outcome, Known("file", info.st_size, info.st_mtime_ns))


def put_folder(root: Path, path: FilePath) -> Written:
    """Make the folder, and those above. Raises OSError."""
    with _one_at_a_time, find(root, path.parts, make=True) as place:
        known = known_at(place)
        outcome = may_write(known, slash=True, if_match=None)
        if outcome == "make folder":
            os.mkdir(place.name, 0o755, dir_fd=place.folder)
            own_as(place.folder, place.name)
        return Written(outcome, known)


def remove(home: SiteHome, path: FilePath, *, if_match: bytes | None, recursive: bool) -> Removed:
    """Remove it, when it may be. Of what is kept across deployments, the link in the release and the file
    itself; of any other link, the link. Raises OSError, and Fixed for what a home is made of."""
    with _one_at_a_time, find(home.root, path.parts) as place:
        known = known_at(place)
        outcome = may_remove(
            known, slash=path.slash, if_match=if_match, empty=_is_empty(place), recursive=recursive
        )
        if outcome in ("remove file", "remove folder"):
            if is_fixed(path.parts, None) or is_fixed(place.real, home.release):
                raise Fixed
            _remove(place)
        return Removed(outcome, known)


def _is_empty(place: Place) -> bool:
    if place.own is None:
        return True
    with os.scandir(place.own) as entries:
        return next(entries, None) is None


def _remove(place: Place) -> None:
    if place.link is None or place.real[:2] == _KEPT:
        _unlink(place)
    if place.link is not None:
        folder, name = place.link
        os.unlink(name, dir_fd=folder)


def _unlink(place: Place) -> None:
    if place.is_folder:
        shutil.rmtree(place.name, dir_fd=place.folder)  # follows no link, also not one put there meanwhile
    else:
        os.unlink(place.name, dir_fd=place.folder)
