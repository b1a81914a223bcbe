"""What was written comes to the disk: until then, a loss of power takes any part of it, in any order."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["flush_file_system", "flush_folder"]


def flush_file_system(folder: Path) -> None:
    """Wait until all that was written to this folder's file system is on the disk: one call for thousands of
    files (Linux' syncfs; `sync` elsewhere). Raises OSError where the disk fails."""
    if os.name == "nt":  # NTFS flushes a renamed file's data by itself, and has no call for a volume's owner
        return
    import ctypes  # its load takes as long as that of all else here

    library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    call = getattr(library, "syncfs", None)
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
    """Make a rename in it last. Windows has no such call, and keeps the order of renames by itself. Raises
    OSError."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
