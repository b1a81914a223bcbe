"""Where an instance is reached: a Unix socket that outlives it, or a port of its own."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import tempfile
from pathlib import Path

import psutil

from webstead.errors import HostError
from webstead.host.listen import BACKLOG

__all__ = ["SocketSeat", "remove_runtime_folder", "runtime_folder"]

_PREFIX = "webstead-"
_LONGEST_PATH = 100  # sun_path is 108 bytes on Linux, 104 on macOS and BSD


def runtime_folder() -> Path:
    """A new folder for our sockets, for this user only. Those of supervisors that were killed are removed on
    the way."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if not os.access(base, os.W_OK | os.X_OK) or len(str(base)) > _LONGEST_PATH - 40:
        base = Path("/tmp")  # noqa: S108 - mkdtemp makes the folder private
    for stale in base.glob(f"{_PREFIX}[0-9]*-*"):
        _remove_if_stale(stale)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))


def remove_runtime_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _remove_if_stale(folder: Path) -> None:
    number = folder.name.removeprefix(_PREFIX).partition("-")[0]
    with contextlib.suppress(OSError):
        ours = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
        if ours and number.isdigit() and not psutil.pid_exists(int(number)):
            remove_runtime_folder(folder)


class SocketSeat:
    """A listening Unix socket. Its instances come and go; connections wait in its queue meanwhile."""

    def __init__(self, path: Path) -> None:
        if len(os.fsencode(path)) > _LONGEST_PATH:
            raise HostError(
                f"The path of the socket is too long: {path}", fix="Set TMPDIR to a shorter folder."
            )
        self.path = path
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        path.chmod(0o600)
        self.listener.listen(BACKLOG)

    @property
    def address(self) -> str:
        return f"unix:{self.path}"

    def shed(self) -> None:
        """Close the connections that wait, when no process is there to take them."""
        while select.select([self.listener], [], [], 0)[0]:
            self.listener.accept()[0].close()

    def close(self) -> None:
        self.listener.close()
        self.path.unlink(missing_ok=True)
