"""A release lent to the site's user while it is built: hooks and commands write into it. Afterwards it is
ours again, and what runs cannot change what was deployed.

The user's other processes may meddle meanwhile. So no link is followed and no path walked twice: each folder
becomes ours before its entries do, and what lies in it is touched through its open descriptor. A file of
somebody else (a hard link) is left alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["give", "lent"]

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def lent(folder: Path, user: int | None, group: int | None) -> Iterator[None]:
    """Theirs for as long as it takes; nothing happens for None, and for our own user. What fails leaves it
    theirs: it is to be removed. Raises OSError."""
    if user is None or group is None or user == os.geteuid():
        yield
        return
    give(folder, user, group)
    yield
    _take_back(folder, user, group)


def give(folder: Path, user: int, group: int) -> None:
    """All of it, the folder itself last. Raises OSError."""
    for _, folders, files, here in os.fwalk(folder, topdown=False, follow_symlinks=False):
        for name in (*folders, *files):
            os.chown(name, user, group, dir_fd=here, follow_symlinks=False)
        os.fchown(here, user, group)


def _take_back(folder: Path, user: int, group: int) -> None:
    for _, folders, files, here in os.fwalk(folder, topdown=True, follow_symlinks=False):
        _take(here, os.fstat(here), user, group)
        for name in (*folders, *files):
            info = os.stat(name, dir_fd=here, follow_symlinks=False)
            if stat.S_ISREG(info.st_mode):
                with suppress(FileNotFoundError):
                    _take_file(name, here, user, group)
            elif not stat.S_ISDIR(info.st_mode) and info.st_uid == user:
                os.chown(name, os.geteuid(), group, dir_fd=here, follow_symlinks=False)


def _take_file(name: str, here: int, user: int, group: int) -> None:
    descriptor = os.open(name, _FILE, dir_fd=here)
    try:
        _take(descriptor, os.fstat(descriptor), user, group)
    finally:
        os.close(descriptor)


def _take(descriptor: int, info: os.stat_result, user: int, group: int) -> None:
    """The user reads on, by its group, what it could read."""
    if info.st_uid != user:
        return
    os.fchown(descriptor, os.geteuid(), group)
    mode = stat.S_IMODE(info.st_mode)
    os.fchmod(descriptor, (mode & 0o755) | ((mode & 0o500) >> 3))
