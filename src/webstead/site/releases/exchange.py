"""Two names change what they stand for, at once."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

__all__ = ["exchange"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def exchange(one: Path, other: Path) -> None:
    """Both are there, on one file system. Where the system has no such call, by three renames: then one of
    them is missing for a moment. Raises OSError."""
    if _libc is not None and hasattr(_libc, "renameat2"):
        names = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
        if _libc.renameat2(*names) == 0:
            return
        number = ctypes.get_errno()
        if number not in _UNKNOWN:
            raise OSError(number, os.strerror(number), str(one), None, str(other))
    aside = other.with_name(f".{other.name}.exchanged")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)
