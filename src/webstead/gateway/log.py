"""The gateway's own lines: on standard error, and appended to the file that WSGI_LOG names."""

from __future__ import annotations

import sys
from datetime import datetime
from threading import Lock
from typing import IO

__all__ = ["LOG_VARIABLE", "Log"]

LOG_VARIABLE = "WSGI_LOG"


class Log:
    """Lines and tracebacks, whole, from any thread. A log file that cannot be written is a warning, never an
    error.
    """

    def __init__(self, path: str = "") -> None:
        self._lock = Lock()
        self._file: IO[str] | None = None
        if path:
            try:
                self._file = open(path, "a", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 (kept open)
            except OSError as error:
                self.line(f"warning: {LOG_VARIABLE} cannot be written: {error}")

    def line(self, text: str) -> None:
        """text: one line, or several (a traceback), without a line end."""
        with self._lock:
            self._to_file(text)
            try:
                sys.stderr.write(f"{text}\n")
                sys.stderr.flush()
            except (OSError, ValueError):  # standard error is closed: nobody is left to tell
                return

    def note(self, text: str) -> None:
        """For the file alone: what standard error need not repeat."""
        with self._lock:
            self._to_file(text)

    def _to_file(self, text: str) -> None:
        if self._file is None:
            return
        try:
            self._file.write(f"{datetime.now().isoformat(sep=' ', timespec='seconds')}: {text}\n")
            self._file.flush()
        except OSError:
            self._file = None
            sys.stderr.write(f"warning: {LOG_VARIABLE} can no longer be written\n")
