"""What a file system can do that Python has no name for: exchange two names, and flush all that it holds."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

__all__ = ["exchange", "flush_file_system", "flush_folder"]

_AT_FDCWD = -100
_EXCHANGE = 2
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
"""A kernel, or a file system, that has no such call."""

_LIBRARY = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def exchange(one: Path, other: Path) -> bool:
    """Let two names of one file system swap what they name, at once for everybody (Linux' renameat2). False,
    and nothing is done, where the system cannot. Raises OSError."""
    call = getattr(_LIBRARY, "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), str(one))


def flush_file_system(folder: Path) -> None:
    """Wait until all that was written to this folder's file system is on the disk: one call for thousands of
    files (Linux' syncfs; `sync` elsewhere). Raises OSError where the disk fails."""
    if os.name == "nt":  # NTFS flushes a renamed file's data by itself, and has no call for a volume's owner
        return
    call = getattr(_LIBRARY, "syncfs", None)
    if call is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if call(descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """Make a rename in it last. Raises OSError."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
