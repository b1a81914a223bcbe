"""Files of a zip, from its bytes to the disk: inflated by ISA-L without the interpreter's lock, so that two
threads do it at once, and each checked against its CRC-32.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from isal import isal_zlib

from webstead.errors import UsageError
from webstead.site.releases.archive import LOCAL_HEADER, Member
from webstead.site.releases.copying import write_all

__all__ = ["Batch", "batches_of", "content_of", "write_batch"]

BATCH = 2 << 20
"""Bytes of a zip that are read at once. A file that has more is streamed."""

CHUNK = 1 << 20
WHOLE = 8 << 20
"""A file that unpacks to more is streamed, whatever it is packed to."""

_ERROR: type[Exception] = vars(isal_zlib)["error"]  # its stub has an instance in place of the class
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Members that lie together in the zip, in its order."""

    members: tuple[Member, ...]

    @property
    def begin(self) -> int:
        return self.members[0].offset

    @property
    def end(self) -> int:
        return self.members[-1].end


def batches_of(members: Sequence[Member]) -> Iterator[Batch]:
    """members: in the order in which they lie in the zip."""
    part: list[Member] = []
    for member in members:
        if part and member.end - part[0].offset > BATCH:
            yield Batch(tuple(part))
            part = []
        part.append(member)
    if part:
        yield Batch(tuple(part))


def write_batch(source: int, batch: Batch, root: str, times: Mapping[str, int]) -> None:
    """Write the files of a batch below root, whose folders are there. source: descriptor of the zip. times:
    of each path, in nanoseconds.

    Raises UsageError, which names it, for a file that is damaged; OSError for the disk.
    """
    if batch.end - batch.begin > BATCH:
        for member in batch.members:
            _write(source, member, root, times)
        return
    held = memoryview(os.pread(source, batch.end - batch.begin, batch.begin))
    for member in batch.members:
        at = member.offset - batch.begin
        at = _data_at(member, bytes(held[at : at + LOCAL_HEADER]), at)
        packed = held[at : at + member.packed]
        if len(packed) < member.packed or at + member.packed > member.end - batch.begin:
            raise _damaged(member, "it is cut off")
        if member.size > WHOLE:
            _write(source, member, root, times)
            continue
        content = _inflated(member, packed) if member.deflated else packed
        if isal_zlib.crc32(content) != member.crc32:
            raise _damaged(member, "its CRC-32 is another")
        descriptor = _opened(root, member)
        try:
            if content:
                write_all(descriptor, content)
            _finish(descriptor, member, times)
        finally:
            os.close(descriptor)


def _opened(root: str, member: Member) -> int:
    """A descriptor of the file that is to be. Raises OSError where something stands there."""
    return os.open(f"{root}/{member.path}", _NEW, 0o755 if member.executable else 0o644)


def content_of(file: Path, member: Member) -> bytes:
    """Of one small file. Raises UsageError for one that is damaged, OSError."""
    with file.open("rb") as opened:
        return b"".join(_checked(opened.fileno(), member))


def _write(source: int, member: Member, root: str, times: Mapping[str, int]) -> None:
    """One file that is not held in memory."""
    descriptor = _opened(root, member)
    try:
        for content in _checked(source, member):
            write_all(descriptor, content)
        _finish(descriptor, member, times)
    finally:
        os.close(descriptor)


def _checked(source: int, member: Member) -> Iterator[bytes]:
    """Its content. Raises UsageError when that is another than was said, at the latest at the end."""
    size = crc = 0
    for content in _streamed(source, member):
        size += len(content)
        if size > member.size:
            raise _damaged(member, f"it unpacks to more than its {member.size:,} bytes")
        crc = isal_zlib.crc32(content, crc)
        yield content
    if size != member.size:
        raise _damaged(member, f"it unpacks to {size:,} bytes; {member.size:,} were said")
    if crc != member.crc32:
        raise _damaged(member, "its CRC-32 is another")


def _streamed(source: int, member: Member) -> Iterator[bytes]:
    at = _data_at(member, os.pread(source, LOCAL_HEADER, member.offset), member.offset)
    stop = at + member.packed
    if stop > member.end:
        raise _damaged(member, "its bytes reach into the next entry")
    inflating = isal_zlib.decompressobj(-15) if member.deflated else None
    while at < stop:
        packed = os.pread(source, min(CHUNK, stop - at), at)
        if not packed:
            raise _damaged(member, "it is cut off")
        at += len(packed)
        if inflating is None:
            yield packed
            continue
        while packed and not inflating.eof:
            yield _step(member, inflating, packed)
            packed = inflating.unconsumed_tail
    if inflating is not None and not inflating.eof:
        yield _step(member, inflating, b"")
        if not inflating.eof:
            raise _damaged(member, "its packed bytes do not end")


def _step(member: Member, inflating: isal_zlib.Decompress, packed: bytes) -> bytes:
    try:
        return bytes(inflating.decompress(packed, CHUNK))
    except _ERROR as error:
        raise _damaged(member, str(error)) from None


def _inflated(member: Member, packed: memoryview) -> bytes:
    inflating = isal_zlib.decompressobj(-15)
    try:
        content = inflating.decompress(packed, member.size + 1)
    except _ERROR as error:
        raise _damaged(member, str(error)) from None
    if len(content) != member.size or not inflating.eof:
        more = "more" if len(content) > member.size else "other"
        raise _damaged(member, f"it unpacks to {more} than its {member.size:,} bytes")
    return content


_SIGNATURE = b"PK\x03\x04"


def _data_at(member: Member, header: bytes, at: int) -> int:
    """Where the packed bytes of a member begin, from its local header, which lies at `at`."""
    if len(header) < LOCAL_HEADER or header[:4] != _SIGNATURE:
        raise _damaged(member, "where it should lie is no entry")
    name, extra = struct.unpack_from("<HH", header, 26)
    return at + LOCAL_HEADER + int(name) + int(extra)


def _finish(descriptor: int, member: Member, times: Mapping[str, int]) -> None:
    time = times[member.path]
    os.utime(descriptor, ns=(time, time))


def _damaged(member: Member, found: str) -> UsageError:
    return UsageError(
        "The zip is damaged.",
        found=f"{member.path}: {found}",
        fix="Make it anew, or send it again: it may have been cut off on its way.",
    )
