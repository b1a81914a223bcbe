"""Rotation of a log by size, safe between processes: `FILE` becomes `FILE.1`, `FILE.1` becomes `FILE.2`, …"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator

__all__ = ["KEPT_FILES", "ROTATE_BYTES", "rotate"]

ROTATE_BYTES = 10 * 1024 * 1024
"""Precedent: Kubernetes' containerLogMaxSize, 10 MiB."""

KEPT_FILES = 5
"""Old files beside the one being written. Precedent: Kubernetes' containerLogMaxFiles, 5."""


def rotate(fd: int, path: str, kept: int, most: int) -> None:
    """Move the file that fd has open out of the way, unless another process has done it meanwhile. fd is not
    changed on POSIX; on Windows it leads to nothing afterwards. Raises OSError: then everything is as before.
    """
    with _sole(fd, path) as is_mine:
        if is_mine and _is_full(fd, path, most):
            if sys.platform == "win32":  # what is open here cannot be renamed; the number stays taken
                _close_but_keep(fd)
            for number in range(kept - 1, 0, -1):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(f"{path}.{number}", f"{path}.{number + 1}")
            os.replace(path, f"{path}.1")


def _is_full(fd: int, path: str, most: int) -> bool:
    mine = os.fstat(fd)
    if not stat.S_ISREG(mine.st_mode):
        return False
    try:
        return os.path.samestat(mine, os.stat(path)) and mine.st_size >= most
    except FileNotFoundError:
        return False


def _close_but_keep(fd: int) -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, fd, inheritable=False)
    os.close(nothing)


if sys.platform == "win32":

    @contextlib.contextmanager
    def _sole(fd: int, path: str) -> Iterator[bool]:
        """Windows: a file beside the log, which goes when its process ends. Who finds it there leaves the
        work to the other."""
        try:
            lock = os.open(f"{path}.lock", os.O_CREAT | os.O_EXCL | os.O_TEMPORARY)
        except FileExistsError:
            yield False
            return
        try:
            yield True
        finally:
            os.close(lock)

else:
    import fcntl

    @contextlib.contextmanager
    def _sole(fd: int, path: str) -> Iterator[bool]:
        """POSIX: a lock on the full file itself. Who gets it next sees that the name has moved on."""
        fcntl.flock(fd, fcntl.LOCK_EX)
        try:
            yield True
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)
