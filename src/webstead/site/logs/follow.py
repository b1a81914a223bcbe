"""A folder of logs, followed by one reader: what is appended from now on, line by line, none of them lost.

A file is known by its number on the disk, and stays open: when it is renamed, or removed, what was written to
it before is read to its end all the same. Each reader goes at its own pace and holds nothing but a part of a
line; so a slow one costs no memory. That something has changed is looked for once for all readers.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from webstead.effects.plain_files import open_plain
from webstead.site.files.inside import find

__all__ = ["LOG_ENDINGS", "Follower", "Snapshot", "look_at"]

LOG_ENDINGS = (".txt", ".log", ".htm")
"""What Kudu's stream shows."""

MOST_FILES = 500
"""In a folder of logs, the newest: looked at twice a second."""

_DEEPEST = 6
_PIECE = 64 << 10
_LONGEST_LINE = 256 << 10
"""A longer one is told in pieces."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

FileId = tuple[int, int]
"""Device and number."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The logs of a folder at one moment: where each is, and its size."""

    files: Mapping[FileId, tuple[Path, int]]


def look_at(home: Path, parts: tuple[str, ...] = ()) -> Snapshot:
    """The logs of a folder of a home, and of the folders in it. Links in it are not followed: nothing outside
    is a log of it. None where there is no such folder."""
    found: list[tuple[int, FileId, Path, int]] = []
    with suppress(OSError), find(home, parts) as place:
        if place.own is not None:
            _look(place.own, home.joinpath(*place.real), found, _DEEPEST)
    found.sort(reverse=True)
    return Snapshot({number: (path, size) for _, number, path, size in found[:MOST_FILES]})


def _look(folder: int, path: Path, found: list[tuple[int, FileId, Path, int]], depth: int) -> None:
    """folder: open. path: where it is found."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        with suppress(OSError):  # removed meanwhile
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(info.st_mode) and depth:
                inner = os.open(name, _FOLDER, dir_fd=folder)
                try:
                    _look(inner, path / name, found, depth - 1)
                finally:
                    os.close(inner)
            elif stat.S_ISREG(info.st_mode) and name.lower().endswith(LOG_ENDINGS):
                number = (info.st_dev, info.st_ino)
                found.append((info.st_mtime_ns, number, path / name, info.st_size))


@dataclass(slots=True)
class _File:
    descriptor: int
    offset: int
    part: bytearray = field(default_factory=bytearray)


class Follower:
    """begin: the logs as they are when it begins: what is in them already is not told. wanted: of a line,
    without regard to case; "" for all."""

    def __init__(self, begin: Snapshot, wanted: str = "") -> None:
        self._wanted = wanted.lower().encode()
        self._files: dict[FileId, _File] = {}
        for number, (path, size) in begin.files.items():
            self._open(number, path, size)

    def read(self, now: Snapshot) -> Iterator[bytes]:
        """The whole lines that have come, in pieces; ends when there are no more."""
        for number, (path, _) in now.files.items():
            if number not in self._files:
                self._open(number, path, 0)
        for number, file in list(self._files.items()):
            yield from self._lines(file)
            if number not in now.files:
                yield from self._leave(number, file)

    def close(self) -> None:
        for file in self._files.values():
            os.close(file.descriptor)
        self._files.clear()

    def _open(self, number: FileId, path: Path, offset: int) -> None:
        try:
            descriptor = open_plain(path)
        except OSError:
            return
        info = os.fstat(descriptor)
        if (info.st_dev, info.st_ino) == number:
            self._files[number] = _File(descriptor, offset)
        else:  # another has taken its place: it is found under its own number
            os.close(descriptor)

    def _leave(self, number: FileId, file: _File) -> Iterator[bytes]:
        """A file that is no log any more (`.log.1`), or is removed: once nothing writes to it, it is closed.
        Who writes has turned to the new one by the next look."""
        info = os.fstat(file.descriptor)
        if info.st_size <= file.offset:
            if file.part:
                yield from self._told(bytes(file.part) + b"\n")
            os.close(file.descriptor)
            del self._files[number]

    def _lines(self, file: _File) -> Iterator[bytes]:
        size = os.fstat(file.descriptor).st_size
        if size < file.offset:  # it was cut: what is in it now is new
            file.offset = 0
            file.part.clear()
        while data := os.pread(file.descriptor, _PIECE, file.offset):
            file.offset += len(data)
            file.part += data
            end = file.part.rfind(b"\n") + 1
            if not end and len(file.part) > _LONGEST_LINE:
                end = len(file.part)
            if end:
                lines = bytes(file.part[:end])
                del file.part[:end]
                yield from self._told(lines)

    def _told(self, lines: bytes) -> Iterator[bytes]:
        if self._wanted:
            kept = [line for line in lines.splitlines(keepends=True) if self._wanted in line.lower()]
            lines = b"".join(kept)
        if lines:
            yield lines
