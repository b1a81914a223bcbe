"""The application log of a site: what its instances write, in `LogFiles/Application`, one file after the
other. The supervisor feeds it.

Never fatal: what cannot be written is counted, and told by the next line that can.
"""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webstead.site.files.inside import find, own_as
from webstead.site.logs.entries import Entry, entry_line, level_of

__all__ = ["FOLDER", "ApplicationLog", "file_name"]

FOLDER = ("LogFiles", "Application")

LARGEST = 10 << 20
"""Bytes of one file: as the log files of instances."""

LONGEST = timedelta(days=1)
KEPT = 10
"""Files that stay, the newest."""

_RETRY = timedelta(seconds=10)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_STAMP = "%Y%m%dT%H%M%S"
_OURS = re.compile(r".+-\d{8}T\d{6}\.txt")


def file_name(machine: str, begun: datetime) -> str:
    """As `web1-20261126T120000.txt`: App Service's readers look for `*-*.txt`."""
    safe = re.sub(r"[^A-Za-z0-9_.-]", "_", machine) or "machine"
    return f"{safe[:60]}-{begun.astimezone(UTC):{_STAMP}}.txt"


class ApplicationLog:
    """home: of the site. One writer for a site; not for several threads at once."""

    def __init__(
        self,
        home: Path,
        *,
        machine: str = "",
        largest: int = LARGEST,
        longest: timedelta = LONGEST,
        kept: int = KEPT,
    ) -> None:
        self._home = home
        self._machine = machine or socket.gethostname()
        self._largest = largest
        self._longest = longest
        self._kept = kept
        self._file: int | None = None
        self._size = 0
        self._begun = datetime.min.replace(tzinfo=UTC)
        self._lost = 0
        self._failed = datetime.min.replace(tzinfo=UTC)

    def write(self, line: str, *, pid: int, stream: str, time: datetime) -> None:
        """line: without its end. stream: `stdout` or `stderr`. time: aware."""
        if self._lost and self._failed <= time < self._failed + _RETRY:  # the clock may have gone back
            self._lost += 1
            return
        text = entry_line(Entry(time, level_of(line, stream), pid, line))
        if self._lost:
            text = (
                entry_line(Entry(time, "Warning", pid, f"{self._lost} lines before could not be written."))
                + text
            )
        try:
            self._append(text.encode("utf-8", "replace"), time)
            self._lost = 0
        except OSError:
            self.close()
            self._lost += 1
            self._failed = time

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _append(self, data: bytes, time: datetime) -> None:
        full = self._size > 0 and self._size + len(data) > self._largest
        if self._file is None or full or time - self._begun >= self._longest or self._is_gone():
            self._turn(time)
        file, view = self._file, memoryview(data)
        while file is not None and view:
            written = os.write(file, view)
            self._size += written
            view = view[written:]

    def _is_gone(self) -> bool:
        """Removed by a person: they want a new one."""
        return self._file is not None and os.fstat(self._file).st_nlink == 0

    def _turn(self, time: datetime) -> None:
        """Begin a new file."""
        self.close()
        with find(self._home, FOLDER, make=True) as found:
            if found.own is None:
                os.mkdir(found.name, 0o755, dir_fd=found.folder)
                own_as(found.folder, found.name)
        with find(self._home, FOLDER) as folder:
            if folder.own is None:
                raise NotADirectoryError("/".join(FOLDER))
            name = _next_name(folder.own, self._machine, time)
            self._file = os.open(name, _NEW, 0o644, dir_fd=folder.own)
            own_as(folder.own, name)
            self._size, self._begun = os.fstat(self._file).st_size, time
            _remove_oldest(folder.own, self._kept)


def _next_name(folder: int, machine: str, time: datetime) -> str:
    """After all that are there: names are in the order of writing, also when a file fills within a second,
    and when the clock goes back. The folder is the app's, too: what looks like ours may be of no time."""
    name = file_name(machine, time)
    last = max((name[-19:-4] for name in os.listdir(folder) if _time_in(name)), default="")
    if name[-19:-4] > last:
        return name
    return file_name(machine, datetime.strptime(last, _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1))


def _time_in(name: str) -> datetime | None:
    """None for no name of ours, and for a time that nothing can come after."""
    if not _OURS.fullmatch(name):
        return None
    try:
        time = datetime.strptime(name[-19:-4], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return time if time.year < datetime.max.year else None


def _remove_oldest(folder: int, kept: int) -> None:
    """By the times in their names."""
    ours = sorted((name for name in os.listdir(folder) if _time_in(name)), key=lambda name: name[-19:])
    for name in ours[:-kept]:
        with suppress(OSError):  # removed meanwhile, or no file
            os.unlink(name, dir_fd=folder)
