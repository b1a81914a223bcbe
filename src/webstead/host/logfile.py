"""The log file of one instance: its output as it wrote it, byte for byte (httpPlatform's stdoutLogFile).

With IIS files grow without end, and so does their number; here a file that is full becomes `….log.1`, in
the place of an older one, and the oldest files go when there are many."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import datetime
from io import FileIO
from pathlib import Path

from webstead.effects.plain_files import open_plain
from webstead.events import Emit, Note
from webstead.host.confinement import FREE, Confinement, acting_as

__all__ = ["KEPT", "LARGEST", "LogFile", "log_name", "remove_oldest"]

LARGEST = 10 * 1024 * 1024
"""Bytes of one file. Docker's and systemd's examples rotate at 10 MB, logrotate's at 1 to 100."""


KEPT = 20
"""Files of earlier instances that stay, the newest."""

_STAMP = re.compile(r"_([0-9]{14}_[0-9]+)\.log(?:\.1)?")


def log_name(prefix: Path, started: datetime, pid: int) -> Path:
    """`<prefix>_<UTC YYYYMMDDhhmmss>_<pid>.log`, the form of httpPlatformHandler v2."""
    return prefix.with_name(f"{prefix.name}_{started:%Y%m%d%H%M%S}_{pid}.log")


def remove_oldest(prefix: Path, kept: int) -> None:
    """Of the files that log_name has named with this prefix, the newest so many stay. What cannot be removed
    stays, too."""
    found: dict[str, list[Path]] = {}
    with contextlib.suppress(OSError):
        for path in prefix.parent.iterdir():
            stamp = _STAMP.fullmatch(path.name.removeprefix(prefix.name))
            if path.name.startswith(prefix.name) and stamp and path.is_file() and not path.is_symlink():
                found.setdefault(stamp[1], []).append(path)
    for old in sorted(found)[:-kept]:
        for path in found[old]:
            with contextlib.suppress(OSError):
                path.unlink()


class LogFile:
    """Never fatal: when it cannot be opened or written, one Note says so, and the app goes on without it.
    confinement: of the process that writes it, whose rights are taken."""

    def __init__(
        self, path: Path, emit: Emit, largest: int = LARGEST, confinement: Confinement = FREE
    ) -> None:
        self.path = path
        self._emit = emit
        self._largest = largest
        self._confinement = confinement
        self._size = 0
        self._file: FileIO | None = None
        try:
            with acting_as(confinement):
                path.parent.mkdir(parents=True, exist_ok=True)
                self._open()
        except OSError as error:
            self._give_up("opened", error)

    def _open(self) -> None:
        self._file = FileIO(open_plain(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, mode=0o666), "ab")
        self._size = self._file.tell()

    def _turn(self) -> None:
        """Begin a new file."""
        self.close()
        with acting_as(self._confinement):
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
            self._open()

    def write(self, data: bytes) -> None:
        if self._file and self._size and self._size + len(data) > self._largest:
            try:
                self._turn()
            except OSError as error:
                self._give_up("turned over", error)
        self._size += len(data)
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
