"""The access log of a site as a file of its own, `http/RawLogs/access.log` in the site's log folder: the W3C
extended format, with the fields that App Service writes there.

The folder may be the app's to write in, and the front may be root: no link is followed on the way, and
nothing but a plain file of one name is written to. What cannot be written is counted, and the count stands in
the file as soon as that can be written again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

from webstead.effects.plain_files import open_plain
from webstead.front.backlog import Backlog

__all__ = ["AGENT_NOTED", "LARGEST", "OLD_KEPT", "RawEntry", "RawLogs", "append", "render_raw"]

LARGEST = 10 * 1024 * 1024
"""Bytes of one file, as of an app's own log."""
OLD_KEPT = 5
"""Files that were full: `access.log.1` is the newest. IIS keeps all, and fills disks."""
AGENT_NOTED = 512
"""What a User-Agent or a Referer is cut to."""

_NAME = "access.log"
_BELOW = ("http", "RawLogs")
_AT_ONCE = 1000
"""Lines of one write."""
_LONGEST_FIELD = 2048
_UNPRINTABLE = re.compile(rb"[^\x20-\x7e]")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FIELDS = (
    *("date", "time", "s-sitename", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username"),
    *("c-ip", "cs(User-Agent)", "cs(Cookie)", "cs(Referer)", "cs-host", "sc-status", "sc-substatus"),
    *("sc-win32-status", "sc-bytes", "cs-bytes", "time-taken"),
)


class RawEntry(NamedTuple):
    """One answered request; a tuple, as one is made for each. folder: the site's log folder. ended: seconds
    since the epoch. sent, received: bytes of bodies. seconds: that it took."""

    folder: str
    site: str
    ended: float
    client: str
    method: str
    path: bytes
    query: bytes
    host: bytes
    port: int
    status: int
    sub_status: int
    sent: int
    received: int
    seconds: float
    agent: bytes
    referrer: bytes


def render_raw(entry: RawEntry) -> bytes:
    """Its line. User names are the app's affair, and cookies are secrets: neither is written."""
    fields = (
        *(_clock(int(entry.ended)), _field(entry.site.encode()), _field(entry.method.encode())),
        *(_field(entry.path), _field(entry.query), b"%d" % entry.port, b"-", _field(entry.client.encode())),
        *(_field(entry.agent), b"-", _field(entry.referrer), _field(entry.host)),
        b"%d %d 0" % (entry.status, entry.sub_status),
        b"%d %d %d" % (entry.sent, entry.received, entry.seconds * 1000),
    )
    return b" ".join(fields) + b"\n"


def _field(value: bytes) -> bytes:
    """One word: a space is a plus, as IIS writes it; what is not printable ASCII is %XX."""
    if not value:
        return b"-"
    escaped = _UNPRINTABLE.sub(lambda match: b"%%%02X" % match[0][0], value[:_LONGEST_FIELD])
    return escaped.replace(b" ", b"+")


@lru_cache(maxsize=1)
def _clock(seconds: int) -> bytes:
    """Date and time are UTC, as in every W3C log."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds)).encode()


def _head(now: float) -> bytes:
    stamp = _clock(int(now)).decode()
    return f"#Software: Webstead\n#Version: 1.0\n#Date: {stamp}\n#Fields: {' '.join(_FIELDS)}\n".encode()


def append(folder: str, lines: bytes, now: float) -> None:
    """Write the lines behind those that are there; all of them, or nothing. A file that is full makes room
    for another. Raises OSError, also where a link or a stranger's file stands in the way."""
    with _raw_folder(folder) as fd:
        _append(fd, lines, now)


@contextmanager
def _raw_folder(folder: str) -> Iterator[int]:
    """Made where it is not there yet; the log folder itself is the site's: without it there is no site."""
    fd = os.open(folder, _FOLDER)
    try:
        for name in _BELOW:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=fd)
            inner = os.open(name, _FOLDER, dir_fd=fd)
            os.close(fd)
            fd = inner
        yield fd
    finally:
        os.close(fd)


def _append(folder: int, lines: bytes, now: float) -> None:
    file, size = _open(folder)
    if size and size + len(lines) > LARGEST:
        os.close(file)
        _turn(folder)
        file, size = _open(folder)
    try:
        _write_all(file, lines if size else _head(now) + lines, size)
    finally:
        os.close(file)


def _open(folder: int) -> tuple[int, int]:
    """The file and its size."""
    file = open_plain(_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, folder=folder)
    found = os.fstat(file)
    if found.st_nlink != 1:
        os.close(file)
        raise OSError(errno.EPERM, "it is no plain file of one name")
    return file, found.st_size


def _write_all(file: int, data: bytes, before: int) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(file, view) :]
    except OSError:
        os.ftruncate(file, before)
        raise


def _turn(folder: int) -> None:
    for number in range(OLD_KEPT - 1, -1, -1):
        old = f"{_NAME}.{number}" if number else _NAME
        with contextlib.suppress(FileNotFoundError):
            os.rename(old, f"{_NAME}.{number + 1}", src_dir_fd=folder, dst_dir_fd=folder)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class RawLogs:
    """The files of all sites. put: queues an entry; called on the event loop, never blocks. say: told of what
    goes wrong, once a file until it goes right again."""

    def __init__(self, say: Callable[[str], None] = _to_stderr) -> None:
        self._say = say
        self._lost: dict[str, int] = {}
        self.backlog = Backlog[RawEntry]("raw-logs", self._write_queued)
        self.put = self.backlog.put
        self.backlog.start()

    def close(self, seconds: float) -> None:
        """Write what is queued, for at most so long."""
        self.backlog.close(seconds)

    def _write_queued(self) -> bool:
        by_folder: dict[str, list[RawEntry]] = {}
        for entry in self.backlog.take():
            by_folder.setdefault(entry.folder, []).append(entry)
        for folder, entries in by_folder.items():
            for first in range(0, len(entries), _AT_ONCE):
                self._write(folder, entries[first : first + _AT_ONCE])
        if lost := self.backlog.take_lost():
            self._say(f"front: {lost} lines of access logs were lost: the disk is too slow for them")
        return True

    def _write(self, folder: str, entries: list[RawEntry]) -> None:
        lost = self._lost.get(folder, 0)
        lines = b"".join(map(render_raw, entries))
        try:
            append(folder, b"#Lost: %d\n" % lost + lines if lost else lines, time.time())
        except OSError as error:
            if not lost:
                self._say(f"front: the access log in {folder} cannot be written: {error.strerror or error}")
            self._lost[folder] = lost + len(entries)
        else:
            self._lost.pop(folder, None)
