"""Files at a place where somebody else may put what they like, such as a site's user in its own folders.

The name may be another's link, a pipe that never answers, a device, or a file without end. So it is looked at
after it is open: a link is not followed, opening waits for nobody, only a regular file is taken, and of that
no more is read than was asked for.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["LARGEST_NOTE", "open_plain", "read_plain", "read_up_to"]

LARGEST_NOTE = 1 << 20
"""Bytes: what we note as JSON is shorter."""

_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def open_plain(
    path: str | Path, flags: int = os.O_RDONLY, *, mode: int = 0o644, folder: int | None = None
) -> int:
    """The open file, to be closed by the caller. flags: of the system, in addition to ours. mode: of one that
    is made. folder: open, that the path begins in. Raises OSError; FileNotFoundError for what is neither a
    link nor a regular file."""
    descriptor = os.open(path, flags | _FLAGS, mode, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "it is no plain file", str(path))
    return descriptor


def read_plain(path: str | Path, most: int, *, folder: int | None = None) -> bytes:
    """All of it. Raises OSError as `open_plain`, and for a file of more bytes than `most`."""
    data = read_up_to(path, most + 1, folder=folder)
    if len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def read_up_to(path: str | Path, most: int, *, folder: int | None = None) -> bytes:
    """Its first bytes. Raises OSError as `open_plain`."""
    with open(open_plain(path, folder=folder), "rb") as file:
        return file.read(most)
