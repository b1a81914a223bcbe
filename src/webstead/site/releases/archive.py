"""The list of what is in a zip that becomes a release, checked as a whole before a byte of it is written.

What may stand in a zip that is only read (`effects.zip_listing`), and not in one that becomes a site, is
refused: links and devices, names that no file system takes or that are one where letters' case does not
count, entries that share bytes or hold other methods than every program has.
"""

from __future__ import annotations

import calendar
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from webstead.effects.zip_listing import members_of, open_zip, refused
from webstead.formats.windows_names import windows_fault
from webstead.site.releases.manifest import parents_of

__all__ = ["LOCAL_HEADER", "Listing", "Member", "check_names", "listing_of"]

LONGEST_NAME = 255
"""Bytes of a file's own name: what ext4, XFS, APFS and NTFS take."""

LONGEST_PATH = 3000
"""Bytes of a relative path: 4,096 less what stands before it."""

DEEPEST = 100
"""Folders in each other: what walks a release later does so by recursion."""

LOCAL_HEADER = 30
"""Bytes before the name of an entry where it lies."""

_LARGEST_HEADER = LOCAL_HEADER + 2 * 0xFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip. path: relative, with `/`. offset: of its local header; negative for one that was
    left out (see `partial`). end: where its bytes end at the latest. packed, size: bytes. stamp: when it was
    changed, in seconds since 1970."""

    path: str
    offset: int
    end: int
    packed: int
    size: int
    crc32: int
    deflated: bool
    executable: bool
    stamp: int

    @property
    def is_sent(self) -> bool:
        return self.offset >= 0


@dataclass(frozen=True, slots=True)
class Listing:
    """members: in the order in which they lie in the zip. folders: those with entries of their own.
    warnings: sentences."""

    members: tuple[Member, ...]
    folders: frozenset[str]
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return sum(member.size for member in self.members)

    @property
    def all_folders(self) -> list[str]:
        """Each after those above it."""
        paths = (member.path for member in self.members)
        return sorted(self.folders.union(parents_of(paths), parents_of(self.folders)))


def listing_of(file: Path) -> Listing:
    """Raises UsageError, which names the entry, for what is no zip, is damaged, or is refused."""
    with open_zip(file) as archive:
        infos = archive.infolist()
    files, folders = members_of(file, infos)
    names = check_names(file, files, folders)
    ends = _ends(file, infos)
    members = [_member(file, path, info, ends[info.header_offset]) for path, info in files.items()]
    members.sort(key=lambda member: member.offset)
    return Listing(tuple(members), frozenset(folders), tuple(_warnings(names)))


def check_names(file: Path, files: Collection[str], folders: Collection[str]) -> list[str]:
    """All names, with the folders above, sorted. Raises UsageError, which names the one that cannot be."""
    above = {*folders, *parents_of(files), *parents_of(folders)}
    if both := above.intersection(files):
        raise refused(file, f"{_shown(min(both))} is a file and a folder")
    names = sorted(above.union(files))
    for name in names:
        _check_name(file, name)
    _check_case(file, names)
    return names


def _check_name(file: Path, name: str) -> None:
    if not name.isprintable() and any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
        raise refused(file, f"the name of an entry holds control characters: {_shown(name)}")
    if len(name) * 4 <= LONGEST_NAME:  # no character has more bytes
        return
    parts = [len(part.encode()) for part in name.split("/")]
    if max(parts) > LONGEST_NAME or sum(parts) > LONGEST_PATH or len(parts) > DEEPEST:
        raise refused(file, f"the name of an entry is too long: {_shown(name)}")


def _member(file: Path, path: str, info: zipfile.ZipInfo, end: int) -> Member:
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        raise refused(file, f"{_shown(path)} is a link; zip with what it leads to: `zip -r`, without `-y`")
    if kind not in (0, stat.S_IFREG):
        raise refused(file, f"{_shown(path)} is a device or a pipe: only files and folders are deployed")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused(file, f"{_shown(path)} is packed by method {info.compress_type}, not by deflate")
    deflated = info.compress_type == zipfile.ZIP_DEFLATED
    if not deflated and info.compress_size != info.file_size:
        raise refused(file, f"{_shown(path)} is not packed, and yet has two sizes")
    return Member(
        *(path, info.header_offset, min(end, info.header_offset + _LARGEST_HEADER + info.compress_size)),
        *(info.compress_size, info.file_size, info.CRC),
        deflated=deflated,
        executable=bool(mode & 0o111),
        stamp=_stamp(info),
    )


_LATEST = 2**33
"""Year 2242: times beyond are nobody's, and some file systems refuse them."""


def _stamp(info: zipfile.ZipInfo) -> int:
    """The time of the extended timestamp, where there is one; else that of DOS, taken as UTC, as it is on App
    Service."""
    for kind, value in _extras(info.extra):
        if kind == 0x5455 and len(value) >= 5 and value[0] & 1:
            return int(struct.unpack_from("<i", value, 1)[0])
    year, month, day, hour, minute, second = info.date_time
    try:
        return min(calendar.timegm((year, max(month, 1), max(day, 1), hour, minute, second)), _LATEST)
    except (ValueError, OverflowError):
        return 315_532_800  # 1980, where DOS begins


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _check_case(file: Path, paths: Iterable[str]) -> None:
    """Windows and macOS keep one of two names that differ in case, or in how an accent is written."""
    seen: dict[str, str] = {}
    for path in paths:
        key = path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
        other = seen.setdefault(key, path)
        if other != path:
            pair = " and ".join(_shown(each) for each in sorted((other, path)))
            raise refused(file, f"{pair} are one file where letters' case does not count")


def _ends(file: Path, infos: Sequence[zipfile.ZipInfo]) -> dict[int, int]:
    """By the offset of an entry, where its bytes end at the latest: each has bytes of its own, and those of a
    bomb share them. What a local header takes beside its 30 bytes is known when it is read."""
    size = file.stat().st_size
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends: dict[int, int] = {}
    for info, after in zip_longest(ordered, ordered[1:]):
        end = size if after is None else after.header_offset
        if info.header_offset < 0:
            raise refused(file, f"{_shown(info.filename)} would lie before its beginning")
        if info.header_offset + LOCAL_HEADER + info.compress_size > end:
            where = (
                "would lie behind its end" if after is None else f"and {_shown(after.filename)} share bytes"
            )
            raise refused(file, f"{_shown(info.filename)} {where}")
        ends[info.header_offset] = end
    return ends


def _warnings(paths: Iterable[str]) -> Iterator[str]:
    """What this machine takes, and Windows would not."""
    for path in paths:
        if windows_fault(path[path.rfind("/") + 1 :]):
            yield f"{path} cannot be stored on Windows: its name is reserved there."


def _shown(name: str) -> str:
    return repr(name[:200])
