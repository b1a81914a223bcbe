"""The gateway's own lines: on standard error, and appended to the file that WSGI_LOG names.

Several processes may write to one file. Each text is one `write` to a descriptor opened with O_APPEND, so
lines never mix. A file that has grown to its limit becomes `FILE.1`, the former `FILE.1` becomes `FILE.2`,
and so on. Who does that holds a lock; whoever had the file open sees before its next line that the name leads
to another file now, and follows. A line on its way meanwhile lands in `FILE.1`: none is lost.
"""

from __future__ import annotations

import os
import stat
import sys
from datetime import datetime
from threading import RLock
from typing import Callable

from webstead.gateway.observe.log_rotation import KEPT_FILES, ROTATE_BYTES, rotate

__all__ = ["LOG_VARIABLE", "Log"]

LOG_VARIABLE = "WSGI_LOG"


class Log:
    """Lines and tracebacks, whole, from any thread. A log file that cannot be written is a warning, never an
    error. most: size in bytes at which the file is rotated; kept: how many old ones stay.

    Once opened, the file keeps its descriptor's number, also when it is rotated or reopened: who else writes
    to that number (faulthandler) writes to the log.
    """

    def __init__(self, path: str = "", most: int = ROTATE_BYTES, kept: int = KEPT_FILES) -> None:
        self.path = os.path.abspath(path) if path else ""
        self.echo = True  # also on standard error; not when standard error itself is led here
        self._most = most
        self._kept = kept
        self._lock = RLock()  # a signal handler may write while this thread does
        self._fd: int | None = None
        self._lost = 0
        self._readers: list[Callable[[str], None]] = []
        self._followers: list[int] = []
        if path:
            try:
                self._open()
            except OSError as error:
                self.path = ""
                self.line(f"warning: {LOG_VARIABLE} cannot be written: {error}")

    def line(self, text: str) -> None:
        """text: one line, or several (a traceback), without a line end."""
        with self._lock:
            self._to_file(text)
            self._to_readers(text)
            self._to_standard_error(text)

    def note(self, text: str) -> None:
        """For the file alone: what standard error need not repeat."""
        with self._lock:
            self._to_file(text)
            self._to_readers(text)

    def reopen(self) -> None:
        """Open the file by its name again: somebody has moved it away. On failure the old one stays."""
        with self._lock:
            try:
                if self.path:
                    self._open()
            except OSError as error:
                self.line(f"warning: {self.path} cannot be reopened: {error}")

    def fileno(self) -> int | None:
        """The file's descriptor, the same for this log's life; None without a file."""
        return self._fd

    def add_reader(self, read: Callable[[str], None]) -> None:
        """read gets the text of every line and note from now on. What it writes itself is not read again."""
        self._readers.append(read)

    def lead(self, fd: int) -> None:
        """Make fd write to the file, for this process and those it starts, also after a rotation."""
        with self._lock:
            self._followers.append(fd)
            if self._fd is not None:
                os.dup2(self._fd, fd, inheritable=True)

    def _to_standard_error(self, text: str) -> None:
        if not self.echo or sys.stderr is None:
            return
        try:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # standard error is closed: nobody is left to tell
            return

    def _to_readers(self, text: str) -> None:
        readers, self._readers = self._readers, []
        for read in readers:
            try:
                read(text)
            except Exception as error:  # noqa: BLE001, PERF203 (a reader is foreign code, and the log goes on)
                self._to_file(f"warning: what reads the log failed: {type(error).__name__}: {error}")
        self._readers = readers + self._readers

    def _to_file(self, text: str) -> None:
        if not self.path:
            return
        try:
            self._write(_stamped(text))
        except OSError as error:
            self._lost += 1
            if self._lost == 1:
                self._to_standard_error(f"warning: {self.path} can no longer be written: {error}")

    def _write(self, line: bytes) -> None:
        fd = self._current()
        if self._lost:
            line = _stamped(f"warning: {self._lost} lines before this one could not be written") + line
        while line:
            line = line[os.write(fd, line) :]
        self._lost = 0
        if os.fstat(fd).st_size >= self._most:
            self._rotate(fd)

    def _rotate(self, fd: int) -> None:
        try:
            rotate(fd, self.path, self._kept, self._most)
        except OSError as error:
            self._most *= (
                2  # Windows lets nobody rename what another process has open: go on, try again later
            )
            self._to_standard_error(f"warning: {self.path} cannot be rotated, and grows on: {error}")
        self._open()

    def _current(self) -> int:
        """The descriptor, of the file that has the log's name now."""
        if self._fd is None or _moved(self._fd, self.path):
            self._open()
        if self._fd is None:
            raise OSError(f"{self.path} is not open")
        return self._fd

    def _open(self) -> None:
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        if self._fd is None:
            self._fd = fd
        else:
            os.dup2(fd, self._fd, inheritable=False)
            os.close(fd)
        for follower in self._followers:
            os.dup2(self._fd, follower, inheritable=True)


def _stamped(text: str) -> bytes:
    now = datetime.now().isoformat(sep=" ", timespec="seconds")
    return f"{now}: {text}\n".encode("utf-8", "backslashreplace")


def _moved(fd: int, path: str) -> bool:
    """Whether the name leads to another file than fd, or to none. Only of files: a pipe or terminal stays."""
    mine = os.fstat(fd)
    if not stat.S_ISREG(mine.st_mode):
        return False
    try:
        return not os.path.samestat(mine, os.stat(path))
    except FileNotFoundError:
        return True
    except OSError:  # the name cannot be followed now: the open file is still good
        return False
