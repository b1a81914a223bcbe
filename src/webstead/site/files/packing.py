"""Folders of a home as a zip that is made while it is sent: whatever their size, it takes no memory and no
disk. What is read is what lies in the home: links are followed as everywhere in it.
"""

from __future__ import annotations

import os
import stat
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from webstead.errors import UsageError
from webstead.site.files.inside import Place, find, open_file
from webstead.site.files.listing import items

__all__ = ["Branch", "Member", "packed", "tree_of"]

MOST_ENTRIES = 500_000
"""A zip's list of its entries is held until its end: some 200 MB for so many."""

_PIECE = 256 << 10
_FAST = 1
"""Deflate's level: a client waits for it, and the next ones give little."""

_LARGE = 1 << 31
"""From here on, and a little before its limit, a file is written in the zip's 64-bit form."""

_DOS_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Branch:
    """A folder of the home, and the name of the folder in the zip that its content goes to; "" for the top.
    skips: of a path below it, whether it is left out."""

    parts: tuple[str, ...]
    name: str = ""
    skips: Callable[[str], bool] = lambda path: False


@dataclass(frozen=True, slots=True)
class Member:
    """name: in the zip; of an empty folder it ends in `/`. parts: of the real path."""

    name: str
    parts: tuple[str, ...]


def tree_of(root: Path, branches: Sequence[Branch]) -> list[Member]:
    """All that will be packed: empty folders, and files. Raises OSError when a branch is not there,
    UsageError
    when it is too much."""
    found: list[Member] = []
    for branch in branches:
        with find(root, branch.parts) as place:
            for each in _below(root, place, branch, "", frozenset()):
                found.append(each)
                if len(found) > MOST_ENTRIES:
                    raise UsageError(
                        f"The folder holds more than {MOST_ENTRIES:,} files.",
                        found=f"/{'/'.join(branch.parts)}",
                        fix="Ask for folders in it, one after the other.",
                    )
    return found


def packed(root: Path, tree: Sequence[Member]) -> Iterator[bytes]:
    """The zip's bytes, piece by piece. What has gone since is left out; of what grows, the part that was
    there when it was opened."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as archive:
        for each in tree:
            if each.name.endswith("/"):
                archive.writestr(_entry(each.name, time.time(), 0o755 | stat.S_IFDIR), b"")
            else:
                yield from _file(root, archive, each, sink)
            yield from sink.taken()
    yield from sink.rest()


def _below(
    root: Path, place: Place, branch: Branch, path: str, above: frozenset[tuple[int, int]]
) -> Iterator[Member]:
    """above: the folders that this one lies in: a link to one of them is not followed."""
    if place.info is None:
        raise FileNotFoundError(place.name)
    here = (place.info.st_dev, place.info.st_ino)
    if here in above:
        return
    prefix, empty = f"{branch.name}/" if branch.name else "", True
    for item in items(root, place):
        name = f"{path}{item.name}"
        if branch.skips(name):
            continue
        empty = False
        parts = (*place.real, item.name)
        if not item.is_folder:
            yield Member(prefix + name, parts)
            continue
        try:
            with find(root, parts) as inner:
                yield from _below(root, inner, branch, f"{name}/", above | {here})
        except OSError:  # removed meanwhile
            continue
    if empty and prefix + path:
        yield Member(prefix + path, place.real)


def _file(root: Path, archive: zipfile.ZipFile, each: Member, sink: _Sink) -> Iterator[bytes]:
    try:
        with find(root, each.parts) as place:
            descriptor = open_file(place)
    except OSError:
        return
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        info = os.fstat(descriptor)
        left = info.st_size
        entry = _entry(each.name, info.st_mtime, info.st_mode)
        with archive.open(entry, "w", force_zip64=left >= _LARGE - _PIECE) as member:
            while left > 0 and (data := file.read(min(_PIECE, left))):
                member.write(data)
                left -= len(data)
                yield from sink.taken()


def _entry(name: str, seconds: float, mode: int) -> zipfile.ZipInfo:
    date = time.gmtime(seconds)[:6]
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    entry = zipfile.ZipInfo(text, max(date, _DOS_EPOCH))
    entry.external_attr = (mode & 0xFFFF) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


class _Sink:
    """Takes what ZipFile writes, which is told that it cannot go back."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What is left is taken yet."""

    def taken(self) -> Iterator[bytes]:
        """Many small files go together."""
        if len(self._data) >= _PIECE:
            yield from self.rest()

    def rest(self) -> Iterator[bytes]:
        data, self._data = bytes(self._data), bytearray()
        if data:
            yield data
