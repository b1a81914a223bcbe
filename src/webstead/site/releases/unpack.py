"""A zip becomes a folder: listed, checked and weighed first, then written by two threads.

What the release that serves already has (same path, size, CRC-32 and time, and untouched there) is copied
from it by the file system, which may share the blocks; the rest is inflated, and its CRC-32 compared.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from mmap import ACCESS_READ, mmap
from pathlib import Path, PurePosixPath

from isal import isal_zlib

from webstead.effects.zip_listing import DAMAGED, members_of, open_zip, refused
from webstead.errors import HostError, UsageError
from webstead.site.releases.copying import copy_bytes
from webstead.site.releases.manifest import Entry, Manifest

__all__ = ["Like", "Unpacked", "unpack"]

_THREADS = 2
_BATCH = 64
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_AT_ONCE = 16 << 20
"""Files up to this size are inflated in one call; larger ones by pieces."""

_PIECE = 1 << 20
_SPARE_BYTES = 64 << 20
"""What is left free on the disk: others write to it, too."""

_LONGEST_PART = 255
_NO_FILES = (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)


@dataclass(frozen=True, slots=True)
class Like:
    """A release that is there, whose files may be copied. Its folder is only read."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Unpacked:
    """reused: how many of the files were copied from the earlier release."""

    manifest: Manifest
    reused: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Member:
    path: str
    info: zipfile.ZipInfo
    mtime_ns: int

    @property
    def entry(self) -> Entry:
        return Entry(self.info.file_size, self.mtime_ns, self.info.CRC)

    @property
    def mode(self) -> int:
        """Only whether it may be executed is taken over."""
        return 0o755 if self.info.external_attr >> 16 & 0o111 else 0o644


def unpack(
    file: Path,
    into: Path,
    *,
    path: str = "",
    like: Like | None = None,
    keep_times: bool = True,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Unpacked:
    """Unpack into a folder that is there and that nobody else writes to. path: of the folder in it that the
    content goes to. keep_times: files have the zip's times, else now. told: how many files of how many are
    written.

    Raises UsageError for a zip that is damaged or refused, before anything is written unless a file's own
    bytes are damaged; HostError when the disk does not take it. What was written stays for the caller to
    remove.
    """
    with open_zip(file) as archive:
        found, folders = members_of(file, archive.infolist())
        _check(file, found)
        prefix = f"{path}/" if path else ""
        members = [
            _Member(prefix + name, info, _time(info) if keep_times else 0) for name, info in found.items()
        ]
        members.sort(key=lambda member: member.info.header_offset)
        _check_overlap(file, members)
        known = frozenset(prefix + folder for folder in folders)
        fresh, copied = _shared(members, like)
        _check_room(into, fresh)
        try:
            _make_folders(into, known, members)
            _Writing(file, into, told, len(members)).run(archive, fresh, copied, like)
        except OSError as error:
            raise _disk(error, into) from None
    entries = {member.path: member.entry for member in members}
    if not keep_times:
        entries = {path: _stated(into, path, entry) for path, entry in entries.items()}
    return Unpacked(Manifest(entries, known), len(copied), sum(entry.size for entry in entries.values()))


def _check(file: Path, members: dict[str, zipfile.ZipInfo]) -> None:
    """What may stand in a zip that is only read, and not in one that becomes a site."""
    folded: dict[str, str] = {}
    for name, info in members.items():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind in _NO_FILES:
            raise refused(file, f"{name!r} is a link or a device: only files and folders are deployed")
        if any(len(os.fsencode(part)) > _LONGEST_PART for part in name.split("/")):
            raise refused(file, f"a name in it is longer than {_LONGEST_PART} bytes: {name[:80]!r}…")
        for each in (name, *map(str, PurePosixPath(name).parents)):
            other = folded.setdefault(each.casefold(), each)
            if other != each:
                raise refused(file, f"{other!r} and {each!r} are one name where case does not count")


def _check_overlap(file: Path, members: Sequence[_Member]) -> None:
    """Entries that share bytes make a small zip large."""
    end = 0
    for member in members:
        if member.info.header_offset < end:
            raise refused(file, f"the bytes of {member.path!r} overlap those of another entry")
        end = member.info.header_offset + _LOCAL_HEADER.size + member.info.compress_size


def _shared(members: Sequence[_Member], like: Like | None) -> tuple[list[_Member], list[_Member]]:
    """Those to inflate, and those that the earlier release has."""
    if like is None:
        return list(members), []
    fresh: list[_Member] = []
    copied: list[_Member] = []
    for member in members:
        same = like.manifest.files.get(member.path) == member.entry
        (copied if same and like.manifest.untouched(like.folder, member.path) else fresh).append(member)
    return fresh, copied


def _check_room(into: Path, members: Sequence[_Member]) -> None:
    needed = sum(member.info.file_size for member in members) + _SPARE_BYTES
    free = shutil.disk_usage(into).free
    if needed > free:
        raise HostError(
            "There is not enough room on the disk for this deployment.",
            found=f"{needed:,} bytes are needed, {free:,} are free at {into}",
            fix="Remove older releases or logs, or `webstead env prune`; then deploy again.",
        )


def _make_folders(into: Path, folders: frozenset[str], members: Sequence[_Member]) -> None:
    needed = {*folders, *(str(PurePosixPath(member.path).parent) for member in members)}
    for folder in sorted(needed - {"."}):
        (into / folder).mkdir(parents=True, exist_ok=True)


class _Writing:
    """The files of one zip, as they are written."""

    def __init__(self, file: Path, into: Path, told: Callable[[int, int], None], total: int) -> None:
        self._file = file
        self._into = str(into)
        self._told = told
        self._total = total
        self._done = 0

    def run(
        self, archive: zipfile.ZipFile, fresh: Sequence[_Member], copied: Sequence[_Member], like: Like | None
    ) -> None:
        with self._file.open("rb") as opened:
            # Not closed by hand: an error in the midst of a file still holds a view of it.
            packed = mmap(opened.fileno(), 0, access=ACCESS_READ)
            works = [
                *_batches(copied, lambda each: self._copy(each, like)),
                *_batches(fresh, lambda each: self._inflate(each, packed, archive)),
            ]
            with ThreadPoolExecutor(_THREADS, "unpack") as threads:
                for number in threads.map(lambda work: work(), works):
                    self._done += number
                    self._told(self._done, self._total)

    def _copy(self, members: Sequence[_Member], like: Like | None) -> int:
        if like is None:
            raise ValueError("nothing to copy from")
        for member in members:
            with _NewFile(f"{self._into}/{member.path}", member) as target:
                copy_bytes(like.folder / member.path, target, member.info.file_size)
        return len(members)

    def _inflate(self, members: Sequence[_Member], packed: mmap, archive: zipfile.ZipFile) -> int:
        for member in members:
            with _NewFile(f"{self._into}/{member.path}", member) as target:
                crc = 0
                for piece in self._pieces(member, packed, archive):
                    _write_all(target, piece)
                    crc = isal_zlib.crc32(piece, crc)
            if crc != member.info.CRC:
                raise self._damaged(member, "its bytes are not those that were packed")
        return len(members)

    def _pieces(
        self, member: _Member, packed: mmap, archive: zipfile.ZipFile
    ) -> Iterator[bytes | memoryview]:
        info = member.info
        try:
            data = _data(packed, info)
            if data is None:
                with archive.open(info) as opened:
                    yield from iter(lambda: opened.read(_PIECE), b"")
            elif info.compress_type == zipfile.ZIP_STORED:
                yield from _stored(data)
            else:
                yield from _inflated(data, info.file_size)
        except Exception as error:
            if not _is_damage(error):
                raise
            raise self._damaged(member, str(error)) from None

    def _damaged(self, member: _Member, found: str) -> UsageError:
        return UsageError(
            "The zip is damaged.", found=f"{member.path}: {found}", fix="Make it anew, and deploy it again."
        )


def _is_damage(error: Exception) -> bool:
    """isal has an error of its own, whose type its stubs do not know as one."""
    return isinstance(error, (*DAMAGED, RuntimeError)) or type(error).__name__ == "IsalError"


def _batches(
    members: Sequence[_Member], work: Callable[[Sequence[_Member]], int]
) -> Iterator[Callable[[], int]]:
    for start in range(0, len(members), _BATCH):
        yield partial(work, members[start : start + _BATCH])


def _data(packed: mmap, info: zipfile.ZipInfo) -> memoryview | None:
    """The packed bytes of a member; None when its method is a rare one. Raises BadZipFile."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return None
    header = packed[info.header_offset : info.header_offset + _LOCAL_HEADER.size]
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("there is no entry where the list says")
    *_, name, extra = _LOCAL_HEADER.unpack(header)
    start = info.header_offset + _LOCAL_HEADER.size + name + extra
    data = memoryview(packed)[start : start + info.compress_size]
    if len(data) < info.compress_size:
        raise zipfile.BadZipFile("it ends before its last byte")
    return data


def _stored(data: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]


def _inflated(data: memoryview, size: int) -> Iterator[bytes]:
    """Raises BadZipFile where it unpacks to another size than was listed: what was weighed is what is
    written."""
    stream = isal_zlib.decompressobj(-15)
    if size <= _AT_ONCE:
        whole = stream.decompress(data, size + 1)
        if len(whole) != size:
            raise zipfile.BadZipFile(f"it unpacks to other than the {size:,} bytes that are listed")
        if whole:
            yield whole
        return
    left, rest = size, bytes(data)
    while left > 0:
        piece = stream.decompress(rest, min(_PIECE, left))
        if not piece:
            break
        left -= len(piece)
        yield piece
        rest = stream.unconsumed_tail
    if left or stream.decompress(rest, 1):
        raise zipfile.BadZipFile(f"it unpacks to other than the {size:,} bytes that are listed")


class _NewFile:
    """A new file, with the member's mode and time."""

    __slots__ = ("_descriptor", "_member", "_path")

    def __init__(self, path: str, member: _Member) -> None:
        self._path = path
        self._member = member

    def __enter__(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, self._member.mode)
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        try:
            if self._member.mtime_ns:
                os.utime(self._descriptor, ns=(self._member.mtime_ns, self._member.mtime_ns))
        finally:
            os.close(self._descriptor)


def _write_all(target: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def _time(info: zipfile.ZipInfo) -> int:
    """The time of a file, in nanoseconds: the zip's extended time stamp in UTC, else its DOS date, taken
    for UTC. Dates that are none are the first of 1980."""
    extra = info.extra
    while len(extra) >= 4:
        tag, length = struct.unpack_from("<HH", extra)
        if tag == 0x5455 and length >= 5 and len(extra) >= 9 and extra[4] & 1:
            return max(1, int(struct.unpack_from("<L", extra, 5)[0])) * 1_000_000_000
        extra = extra[4 + length :]
    try:
        return int(datetime(*info.date_time, tzinfo=UTC).timestamp()) * 1_000_000_000
    except ValueError:
        return int(datetime(1980, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000


def _stated(into: Path, path: str, entry: Entry) -> Entry:
    return Entry(entry.size, os.lstat(into / path).st_mtime_ns, entry.crc)


def _disk(error: OSError, into: Path) -> HostError:
    return HostError(
        "The files of the deployment cannot be written.",
        found=f"{error.filename or into}: {error.strerror or error}",
        fix="See that the disk has room and works; then deploy again. Nothing was changed.",
    )
