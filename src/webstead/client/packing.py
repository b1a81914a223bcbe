"""A folder as a zip for its upload: written fast, with flat memory, and the same files give the same bytes.

Entries are sorted and keep their times, which the server compares to see what has not changed: in UTC, where
the format leaves the zone open, and once more as seconds since the epoch (APPNOTE 4.5.7, 0x5455). Files are
compressed by level 1 of isal in threads; what is compressed already is stored.

The format is written here, since zipfile takes no data that is compressed already (APPNOTE 4.3, 4.5.3).
"""

from __future__ import annotations

import errno
import os
import struct
import tempfile
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from isal import isal_zlib

from webstead.client.selection import Chosen, Selection
from webstead.errors import UsageError

__all__ = ["Packed", "packed"]

_IN_MEMORY = 4 << 20
"""Files up to this size are compressed by the threads, two for each at a time; larger as they are read."""

_WIDE = 1 << 31
"""Files from this size on have 64-bit sizes in their header: half of what the short form holds, since packing
may make a file a little larger. Some readers take that form for no small file."""

_PIECE = 1 << 18

_STORED = frozenset(
    {
        *(".7z", ".avif", ".br", ".bz2", ".egg", ".flac", ".gif", ".gz", ".jpeg", ".jpg", ".mkv", ".mov"),
        *(".mp3", ".mp4", ".npz", ".ogg", ".parquet", ".png", ".webm", ".webp", ".whl", ".woff", ".woff2"),
        *(".xz", ".zip", ".zst"),
    }
)
"""Endings of what does not get smaller."""

_DEFLATED, _AS_IT_IS = 8, 0
_VERSION, _VERSION_64, _MADE_ON_UNIX = 20, 45, 3 << 8
_UTF8 = 1 << 11
_FULL = 0xFFFFFFFF
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_FIRST, _LAST = 315532800, 4354819198
"""1980 and 2107, what a zip can say."""


@dataclass(frozen=True, slots=True)
class Packed:
    """file: open for reading, at its start; gone when it is closed. size: in bytes."""

    file: IO[bytes]
    size: int


@dataclass(frozen=True, slots=True)
class _Data:
    """Of one small file. size: of its content; body: as it is written."""

    method: int
    crc: int
    size: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    file: Chosen
    method: int
    crc: int
    size: int
    stored: int
    offset: int


@contextmanager
def packed(
    selection: Selection,
    advance: Callable[[int], None] = lambda size: None,
    note: tuple[str, bytes] | None = None,
) -> Iterator[Packed]:
    """The zip, in a temporary file. advance: hears the bytes of each file that went in. note: one more entry,
    its path and content. Raises UsageError for a file that cannot be read, or a full disk."""
    with tempfile.TemporaryFile(prefix="webstead-", suffix=".zip") as target:
        try:
            _write(selection, target, advance, note)
        except OSError as error:
            raise UsageError(
                "The folder cannot be packed.",
                found=f"{error.filename or tempfile.gettempdir()}: {error.strerror or error}",
                fix="Make the file readable or leave it out (.deploymentignore); or name another folder for "
                "temporary files with TMPDIR.",
            ) from None
        size = target.tell()
        target.seek(0)
        yield Packed(target, size)


def _write(
    selection: Selection,
    target: IO[bytes],
    advance: Callable[[int], None],
    note: tuple[str, bytes] | None,
) -> None:
    entries = []
    for file, data in _compressed(selection):
        offset = target.tell()
        entries.append(
            _large(selection.root, file, target, offset) if data is None else _small(file, data, target)
        )
        advance(file.size)
    if note is not None:
        path, body = note
        entries.append(_small(Chosen(path, len(body), _FIRST, executable=False), _packed(path, body), target))
    start = target.tell()
    for entry in entries:
        target.write(_central(entry))
    _write_end(target, len(entries), start)
    target.flush()


def _compressed(selection: Selection) -> Iterator[tuple[Chosen, _Data | None]]:
    """Each file in its order, with its data when it is small."""
    threads = max(2, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, "pack") as pool:
        waiting: deque[tuple[Chosen, Future[_Data] | None]] = deque()
        for file in selection.files:
            small = file.size <= _IN_MEMORY
            waiting.append((file, pool.submit(_data, selection.root, file) if small else None))
            if len(waiting) > 2 * threads:
                yield _ready(waiting.popleft())
        while waiting:
            yield _ready(waiting.popleft())


def _ready(item: tuple[Chosen, Future[_Data] | None]) -> tuple[Chosen, _Data | None]:
    file, future = item
    return file, None if future is None else future.result()


def _data(root: Path, file: Chosen) -> _Data:
    if file.path.endswith("/"):
        return _Data(_AS_IT_IS, 0, 0, b"")
    return _packed(file.path, (root / file.path).read_bytes())


def _packed(path: str, body: bytes) -> _Data:
    crc = zlib.crc32(body)
    if not _is_stored(path):
        deflated = _deflated(body)
        if len(deflated) < len(body):
            return _Data(_DEFLATED, crc, len(body), deflated)
    return _Data(_AS_IT_IS, crc, len(body), body)


def _is_stored(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in _STORED


def _compressor() -> isal_zlib.Compress:
    return isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)


def _deflated(body: bytes) -> bytes:
    compressor = _compressor()
    return bytes(compressor.compress(body) + compressor.flush())


def _small(file: Chosen, data: _Data, target: IO[bytes]) -> _Entry:
    entry = _Entry(file, data.method, data.crc, data.size, len(data.body), target.tell())
    target.write(_local(entry))
    target.write(data.body)
    return entry


def _large(root: Path, file: Chosen, target: IO[bytes], offset: int) -> _Entry:
    """As it is read; the header is written again when the sizes are known."""
    method = _AS_IT_IS if _is_stored(file.path) else _DEFLATED
    target.write(_local(_Entry(file, method, 0, 0, 0, offset)))
    start, crc, size, compressor = target.tell(), 0, 0, _compressor()
    with (root / file.path).open("rb") as source:
        while piece := source.read(_PIECE):
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            target.write(piece if method == _AS_IT_IS else compressor.compress(piece))
    if method == _DEFLATED:
        target.write(compressor.flush())
    end = target.tell()
    if file.size < _WIDE <= max(size, end - start):
        raise OSError(errno.EAGAIN, "the file grew while it was read", file.path)
    entry = _Entry(file, method, crc, size, end - start, offset)
    target.seek(offset)
    target.write(_local(entry))
    target.seek(end)
    return entry


def _local(entry: _Entry) -> bytes:
    """Of one length for a file, whatever is known yet; a large one has its sizes in the 64-bit field."""
    name, flags = _name(entry.file.path)
    wide = entry.file.size >= _WIDE
    extra = _times(entry.file)
    if wide:
        extra += struct.pack("<2H2Q", 1, 16, entry.size, entry.stored)
    sizes = (_FULL, _FULL) if wide else (entry.stored, entry.size)
    version = _VERSION_64 if wide else _VERSION
    date = _dos(entry.file.mtime)
    head = _LOCAL.pack(
        b"PK\3\4", version, flags, entry.method, *date, entry.crc, *sizes, len(name), len(extra)
    )
    return head + name + extra


def _central(entry: _Entry) -> bytes:
    name, flags = _name(entry.file.path)
    numbers = (entry.size, entry.stored, entry.offset)
    wide = [number for number in numbers if number >= _FULL]
    extra = _times(entry.file)
    if wide:
        extra += struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide)
    size, stored, offset = (min(number, _FULL) for number in numbers)
    version = _VERSION_64 if wide or entry.file.size >= _WIDE else _VERSION
    head = _CENTRAL.pack(
        *(b"PK\1\2", _MADE_ON_UNIX | version, version, flags, entry.method, *_dos(entry.file.mtime)),
        *(entry.crc, stored, size, len(name), len(extra), 0, 0, 0, _attributes(entry.file), offset),
    )
    return head + name + extra


def _attributes(file: Chosen) -> int:
    """Unix's mode above, MS-DOS's mark of a folder below."""
    if file.path.endswith("/"):
        return 0o40755 << 16 | 0x10
    return (0o100755 if file.executable else 0o100644) << 16


def _times(file: Chosen) -> bytes:
    """Beyond what four bytes hold, the other form has to do."""
    if not -(1 << 31) <= file.mtime < 1 << 31:
        return b""
    return struct.pack("<2HBl", 0x5455, 5, 1, file.mtime)


def _dos(mtime: int) -> tuple[int, int]:
    """Time and date, in UTC."""
    moment = time.gmtime(min(max(mtime, _FIRST), _LAST))
    date = (moment.tm_year - 1980) << 9 | moment.tm_mon << 5 | moment.tm_mday
    return moment.tm_hour << 11 | moment.tm_min << 5 | moment.tm_sec // 2, date


def _name(path: str) -> tuple[bytes, int]:
    data = path.encode()
    return data, 0 if path.isascii() else _UTF8


def _write_end(target: IO[bytes], count: int, start: int) -> None:
    end = target.tell()
    size = end - start
    if count >= 0xFFFF or size >= _FULL or start >= _FULL:
        version = _MADE_ON_UNIX | _VERSION_64
        numbers = (count, count, size, start)
        target.write(_END_64.pack(b"PK\6\6", _END_64.size - 12, version, _VERSION_64, 0, 0, *numbers))
        target.write(_LOCATOR_64.pack(b"PK\6\7", 0, end, 1))
    few, little, early = min(count, 0xFFFF), min(size, _FULL), min(start, _FULL)
    target.write(_END.pack(b"PK\5\6", 0, 0, few, few, little, early, 0))
