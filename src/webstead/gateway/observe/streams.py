"""Where the app's own output goes when the process has no standard output or error: into the log.

FastCGI servers that follow the specification to the letter start a process with descriptor 0 only. Python
then sets `sys.stdout` and `sys.stderr` to None; and the next file or socket that is opened gets number 1 or
2, so that what a C library or a child process prints ends up in somebody's response. IIS reads neither
stream, whatever it gives a process.

Without WSGI_LOG too, a file is chosen (`default_log_path`): never in the site's folder, where IIS would serve
it to everybody and a write may restart the app.
"""

from __future__ import annotations

import faulthandler
import io
import os
import signal
import stat
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from webstead.gateway.observe.log import Log

__all__ = [
    "Missing",
    "claim_streams",
    "default_log_path",
    "enable_faulthandler",
    "lead_streams",
    "show_stacks_on_signal",
]

_STREAMS = {"stdout": 1, "stderr": 2}

_LOG_FOLDERS = (("HOME", "LogFiles"), ("IIS_USER_HOME", "Logs"))
"""(variable, folder below it): App Service's home, then IIS Express's. Used when the folder is there."""

_IIS_VARIABLE = "_FCGI_X_PIPE_"
"""In the environment of a process that IIS started: the name of its pipe."""

_FILE_NAME = "webstead-gateway.log"


class Missing(NamedTuple):
    """A stream that nobody reads. fd: its descriptor, when that is free to be led elsewhere."""

    name: str
    fd: int | None


def claim_streams(environ: Mapping[str, str]) -> tuple[Missing, ...]:
    """The streams that this process has not got. Their descriptors are taken at once, before any other file
    can get them: call this first of all."""
    missing = []
    for name, fd in _STREAMS.items():
        if not _is_open(fd):
            _take(fd)
            missing.append(Missing(name, fd))
        elif _IIS_VARIABLE in environ:
            missing.append(Missing(name, fd))
        elif getattr(sys, name) is None:  # something else has its number already
            missing.append(Missing(name, None))
    return tuple(missing)


def lead_streams(missing: tuple[Missing, ...], log: Log) -> None:
    """Give the log what would be lost: `sys.stdout` and `sys.stderr` become writers of lines into it, and
    their descriptors lead to its file. Streams that the process has are left as they are."""
    for name, fd in missing:
        if fd is not None:
            log.lead(fd)
        raw = io.BufferedWriter(_LogWriter(log, fd), _BUFFER_BYTES)
        writer = io.TextIOWrapper(raw, "utf-8", "backslashreplace", line_buffering=True)
        setattr(sys, name, writer)
        setattr(sys, f"__{name}__", writer)
        if name == "stderr":
            log.echo = False


def default_log_path(environ: Mapping[str, str]) -> str:
    """The file for a process that has neither WSGI_LOG nor standard error: in the host's folder for logs,
    else in the temporary folder (on POSIX in one of this user alone). "" when that is not possible."""
    for variable, name in _LOG_FOLDERS:
        folder = os.path.join(environ.get(variable, ""), name)
        if environ.get(variable) and os.path.isdir(folder) and os.access(folder, os.W_OK):
            return os.path.join(folder, _FILE_NAME)
    import tempfile  # costs more than all of this, and is rarely needed

    pool = "".join(letter for letter in environ.get("APP_POOL_ID", "") if letter.isalnum() or letter in "-_")
    name = f"webstead-gateway-{pool}.log" if pool else _FILE_NAME
    folder = _own_folder(tempfile.gettempdir())
    return os.path.join(folder, name) if folder else ""


def enable_faulthandler(log: Log) -> None:
    """A crash of the interpreter (in a C extension) writes the Python stacks of all threads to standard
    error, or else to the log's file."""
    fd = 2 if log.echo and sys.stderr is not None and _is_open(2) else log.fileno()
    if fd is not None:
        faulthandler.enable(fd)


def show_stacks_on_signal() -> None:
    """SIGUSR2 asks where a request hangs: the Python stacks of all threads go to standard error. Also of a
    thread that never comes back to Python."""
    if sys.platform != "win32":
        faulthandler.register(signal.SIGUSR2, file=2)


_BUFFER_BYTES = 64 * 1024
"""Most text of one line without its end. A longer one is written in pieces."""


class _LogWriter(io.RawIOBase):
    """fd: a descriptor that leads to the same file, for who starts a process with it."""

    def __init__(self, log: Log, fd: int | None) -> None:
        self._log = log
        self._fd = fd

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self._fd is None:
            raise io.UnsupportedOperation("this stream has no descriptor")
        return self._fd

    def write(self, data: Any) -> int:
        text = bytes(data).decode("utf-8", "backslashreplace")
        for line in text.splitlines():
            self._log.note(line)
        return len(data)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def _take(fd: int) -> None:
    """Fill fd with what loses everything, until the log is there."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    if nothing != fd:
        os.dup2(nothing, fd)
        os.close(nothing)
    os.set_inheritable(fd, True)


def _own_folder(parent: str) -> str:
    """A folder that nobody else can have prepared. Windows' temporary folder is the user's own already."""
    if sys.platform == "win32":
        return parent
    else:  # noqa: RET505 (the type checker reads each system's branch alone)
        folder = os.path.join(parent, f"webstead-{os.getuid()}")
        try:
            os.makedirs(folder, 0o700, exist_ok=True)
            found = os.lstat(folder)
        except OSError:
            return ""
        is_mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
        return folder if is_mine else ""
