"""Items as one archive: tar.zst, tar.gz or zip. The same items give the same bytes.

Measured on an environment of 88 MB (Django, numpy, requests) with 2 cores, against `tar czf` (gzip -6):
zstd -3 packs 6 times faster, 11 % smaller (level 2: 4 % smaller, a tenth faster); zlib-ng's level 6 in two
threads 3 times faster, 1 % larger. Half of the time is spent on reading and digests.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, cast

from webstead.build.output.digest import Entry
from webstead.build.output.items import Item, chunks

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["ENDINGS", "EPOCH", "Archive", "Format", "header_of", "write_archive"]

Format = Literal["zstd", "tar-gz", "zip"]

ENDINGS: dict[Format, str] = {"zstd": ".tar.zst", "tar-gz": ".tar.gz", "zip": ".zip"}

EPOCH = 315_532_800
"""1980-01-01, the earliest that a zip can say: the time of all files; SOURCE_DATE_EPOCH says another."""

ZSTD_LEVEL = 3
GZIP_LEVEL = 6
BLOCK = 1 << 20  # of gzip's threads; part of the format: another size gives other bytes
_LINK, _FILE, _PROGRAM = 0o120777, 0o100644, 0o100755
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Archive:
    """What was written. size: of the archive, in bytes. content: bytes of the files in it. sha256: of the
    archive."""

    path: Path
    size: int
    content: int
    sha256: str
    entries: tuple[Entry, ...]


def write_archive(
    items: Iterable[Item],
    path: Path,
    form: Format,
    *,
    epoch: int = EPOCH,
    advance: Callable[[int], None] = lambda size: None,
) -> Archive:
    """Write the items, in their order, to path, by a temporary file beside it. advance gets the bytes of
    each file that went in. Raises OSError, and then leaves nothing.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            add = {"zip": _zip}.get(form, _tar)(file, form, max(epoch, EPOCH))
            entries = []
            with add as put:
                for item in items:
                    entries.append(put(item))
                    advance(item.size)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    with path.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    return Archive(path, path.stat().st_size, sum(entry.size for entry in entries), sha256, tuple(entries))


_Put = Callable[[Item], Entry]


@contextmanager
def _tar(file: IO[bytes], form: Format, epoch: int) -> Iterator[_Put]:
    """Blocks of 512 bytes by tarfile's headers; its own stream copies every byte twice more."""
    with _compressed(file, form) as packed, io.BufferedWriter(_Raw(packed), BLOCK) as stream:

        def put(item: Item) -> Entry:
            stream.write(header_of(item, epoch))
            if item.link is not None:
                return Entry(item.path, link=item.link)
            entry = _copy(item, stream)
            stream.write(b"\0" * (-item.size % tarfile.BLOCKSIZE))
            return entry

        yield put
        stream.write(b"\0" * (2 * tarfile.BLOCKSIZE))


_PLAIN = re.compile(r"[\x01-\x7f]{1,100}")
_LARGEST = 8**11 - 1
_FIXED = tarfile.TarInfo("x").tobuf(tarfile.USTAR_FORMAT)[156:]  # what follows the checksum
_FIXED_SUM = sum(_FIXED) + sum(b" " * 8)  # the checksum counts its own field as spaces


def header_of(item: Item, epoch: int) -> bytes:
    """A member's header, byte for byte as tarfile writes it (POSIX.1-2001), in an eighth of the time."""
    if item.link is not None or item.size > _LARGEST or not _PLAIN.fullmatch(item.path):
        return _header_by_tarfile(item, epoch)
    mode = 0o755 if item.executable else 0o644
    numbers = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, 0, 0, item.size, epoch)
    name = item.path.encode().ljust(100, b"\0")
    total = sum(name) + sum(numbers) + _FIXED_SUM
    return name + numbers + b"%06o\0 " % total + _FIXED


def _header_by_tarfile(item: Item, epoch: int) -> bytes:
    info = tarfile.TarInfo(item.path)
    info.mtime, info.size = epoch, item.size
    info.mode = 0o755 if item.executable else 0o644
    if item.link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, item.link, 0o777
    return info.tobuf(tarfile.PAX_FORMAT, errors="surrogateescape")


class _Raw(io.RawIOBase):
    """A compressor as the lower half of a buffer."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        self._packed.write(bytes(data))
        return memoryview(data).nbytes


def _copy(item: Item, target: IO[bytes] | io.BufferedWriter) -> Entry:
    """The item's bytes to target. Raises OSError when the file changes its size meanwhile."""
    digest, size = hashlib.sha256(), 0
    for data in chunks(item):
        digest.update(data)
        target.write(data)
        size += len(data)
    if size != item.size:
        raise OSError(
            errno.EAGAIN, f"the file changed while it was read ({item.size} to {size} bytes)", item.path
        )
    return Entry(item.path, size, item.executable, digest.hexdigest())


@contextmanager
def _compressed(file: IO[bytes], form: Format) -> Iterator[IO[bytes]]:
    cores = max(1, os.cpu_count() or 1)
    if form == "zstd":
        import zstandard

        compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, threads=cores, write_checksum=True)
        with compressor.stream_writer(file, closefd=False) as stream:
            yield cast(IO[bytes], stream)
        return
    from zlib_ng import gzip_ng_threaded

    start = cast(Callable[..., IO[bytes]], gzip_ng_threaded.open)  # it has no types
    with start(file, "wb", GZIP_LEVEL, threads=cores, block_size=BLOCK) as packed:
        yield packed


@contextmanager
def _zip(file: IO[bytes], form: Format, epoch: int) -> Iterator[_Put]:
    import time

    date = time.gmtime(epoch)[:6]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=GZIP_LEVEL) as archive:

        def put(item: Item) -> Entry:
            info = zipfile.ZipInfo(item.path, date)
            info.create_system, info.compress_type = _UNIX, zipfile.ZIP_DEFLATED
            info.file_size = item.size
            if item.link is not None:
                info.external_attr = _LINK << 16
                archive.writestr(info, os.fsencode(item.link))
                return Entry(item.path, link=item.link)
            info.external_attr = (_PROGRAM if item.executable else _FILE) << 16
            with archive.open(info, "w") as target:
                return _copy(item, target)

        yield put
