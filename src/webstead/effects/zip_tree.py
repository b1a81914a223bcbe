"""A zip as a project's folder, read where it is: `zip_listing` has checked what is in it."""

from __future__ import annotations

import errno
import stat
import zipfile
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from webstead.effects.listing import followed, listed
from webstead.effects.zip_listing import DAMAGED, members_of, open_zip

__all__ = ["ZipTree"]

MAX_FILE = 64 << 20  # of what is read: manifests and code
MAX_READ = 1 << 30  # of all that is read
_LONGEST_LINK = 4096


class ZipTree:
    """The files of a zip, as `project.Tree` wants them. The single folder that holds everything, as in the
    zips of GitHub, is entered.

    ignored: as DiskTree's. top: the folder that was entered, or "". Raises UsageError when the file is no
    zip, is encrypted, or is refused.
    """

    def __init__(self, path: Path, ignored: Collection[str] = ()) -> None:
        self._path = path
        self._ignored = frozenset(ignored)
        self._left = MAX_READ
        self._archive = open_zip(path)
        members, _ = members_of(path, self._archive.infolist())
        self.top = _single_folder(members)
        prefix = f"{self.top}/" if self.top else ""
        self._members_by_path = {name.removeprefix(prefix): info for name, info in members.items()}

    @cached_property
    def _links(self) -> dict[str, str]:
        return {
            path: self._link(info)
            for path, info in self._members_by_path.items()
            if stat.S_ISLNK(info.external_attr >> 16)
        }

    def _link(self, info: zipfile.ZipInfo) -> str:
        """Where a link leads; one that is damaged leads out, as one to an absolute path does."""
        try:
            return self._unpacked(info, _LONGEST_LINK).decode("utf-8", "replace")
        except OSError:
            return "/"

    @cached_property
    def _listed(self) -> Sequence[str]:
        return listed(self._members_by_path, self._links, self._ignored)

    def files(self) -> Sequence[str]:
        return self._listed

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises FileNotFoundError when it is not there, OSError when it is damaged or too
        large to be code."""
        real = followed(path, self._links)
        info = None if real is None or real in self._links else self._members_by_path.get(real)
        if info is None:
            raise FileNotFoundError(errno.ENOENT, "there is no such file in the zip", path)
        return self._unpacked(info, MAX_FILE)

    def _unpacked(self, info: zipfile.ZipInfo, most: int) -> bytes:
        if info.file_size > most or info.file_size > self._left:
            raise OSError(errno.EFBIG, f"it unpacks to {info.file_size:,} bytes", info.filename)
        self._left -= info.file_size
        try:
            with self._archive.open(info) as member:
                return member.read(most + 1)
        except (*DAMAGED, RuntimeError) as error:
            raise OSError(errno.EIO, f"it is damaged in the zip: {error}", info.filename) from None


def _single_folder(members: Collection[str]) -> str:
    """The folder that holds all that is in the archive, or ""."""
    first: Iterator[str] = (name.partition("/")[0] for name in members)
    tops = set(first)
    (top,) = tops if len(tops) == 1 else ("",)
    return "" if top in members else top
