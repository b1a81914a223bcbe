"""The log file of one instance: its output as it wrote it, byte for byte (httpPlatform's stdoutLogFile)."""

from __future__ import annotations

from datetime import datetime
from io import FileIO
from pathlib import Path

from webstead.events import Emit, Note

__all__ = ["LogFile", "log_name"]


def log_name(prefix: Path, started: datetime, pid: int) -> Path:
    """`<prefix>_<UTC YYYYMMDDhhmmss>_<pid>.log`, the form of httpPlatformHandler v2."""
    return prefix.with_name(f"{prefix.name}_{started:%Y%m%d%H%M%S}_{pid}.log")


class LogFile:
    """Never fatal: when it cannot be opened or written, one Note says so, and the app goes on without it."""

    def __init__(self, path: Path, emit: Emit) -> None:
        self.path = path
        self._emit = emit
        self._file: FileIO | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = FileIO(path, "ab")
        except OSError as error:
            self._give_up("opened", error)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._file:
            try:
                view = view[self._file.write(view) :]
            except OSError as error:
                self._give_up("written", error)

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _give_up(self, verb: str, error: OSError) -> None:
        self.close()
        why = error.strerror or error
        self._emit(
            Note("warning", f"The log file {self.path} cannot be {verb} ({why}); the app runs on without.")
        )
