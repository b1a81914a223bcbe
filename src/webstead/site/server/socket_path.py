"""A Unix socket by its path, however long that is: the system takes 107 bytes, a home may lie deeper."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["reached"]

_LONGEST = 100  # sun_path is 108 bytes on Linux, 104 on macOS and BSD


@contextmanager
def reached(path: Path) -> Iterator[str]:
    """What to bind or connect to, for as long as that takes. Raises OSError where the folder is not there."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
