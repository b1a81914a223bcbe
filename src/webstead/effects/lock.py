"""A lock between processes, on a file. The system frees it when its last holder ends, however that ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked", "shared", "try_locked"]

_RETRY_SECONDS = 0.05

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _share(descriptor: int) -> None:
        """There is no such lock: two that share it keep nobody out."""

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _share(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_SH)


@contextmanager
def locked(path: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Hold the lock of this file; gives its descriptor. on_wait is called once if another process holds it
    now.

    A child that inherits the descriptor (`run(..., keep=…)`) holds the lock too, on POSIX: when we are
    killed, the next process waits for our child as well. The file stays: removing it would let two processes
    lock two files of one name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor):
            on_wait()
            while not _try_lock(descriptor):
                time.sleep(_RETRY_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def try_locked(path: Path) -> Iterator[int | None]:
    """As `locked`, without waiting: None when another process holds the lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor if _try_lock(descriptor) else None
    finally:
        os.close(descriptor)


@contextmanager
def shared(path: Path, alone: Callable[[], None]) -> Iterator[None]:
    """Hold a lock of this file that any number of processes may hold. alone: is called first by one that
    nobody shares it with, and nobody gets it meanwhile. Where the system has no such locks (Windows) it never
    is. Raises what `alone` raises, OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32" and _try_lock(descriptor):
            alone()
        _share(descriptor)
        yield
    finally:
        os.close(descriptor)
