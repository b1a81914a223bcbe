"""A zip as a project's folder, read where it is. Everything in it is hostile: the number of its entries, what
they unpack to, their names, where its links lead.

Names are read as the programs meant them that write zips: UTF-8 without the flag that says so (macOS), and
backslashes between folders (.NET before 4.6.1). Nothing else is mended: a name that leaves the archive, or is
there twice, refuses the whole, since nobody can say what its deployment would hold.
"""

from __future__ import annotations

import contextlib
import errno
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO

from webstead.effects.listing import folders_of, followed, listed
from webstead.errors import UsageError

__all__ = ["ZipTree", "is_zip"]

MAX_ENTRIES = 200_000  # a front end's node_modules has up to 100,000
MAX_DIRECTORY = 32 << 20  # bytes of the zip's own list: what zipfile reads at once
MAX_UNPACKED = 8 << 30  # as App Service's smallest plans have disk
MAX_RATIO = 250  # text packs to a tenth; zeros to a thousandth
RATIO_COUNTS_FROM = 256 << 20
MAX_FILE = 64 << 20  # of what is read: manifests and code
MAX_READ = 1 << 30  # of all that is read
LONGEST_NAME = 4096
_LONGEST_LINK = 4096
_ZIP_AGAIN = "Zip the project's folder anew: git archive -o app.zip HEAD"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, NotImplementedError)
"""What zipfile raises for what makes no sense, or was packed by a method that nobody has."""


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
        self._archive = _opened(path)
        members = self._members()
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
        except (*_DAMAGED, RuntimeError) as error:
            raise OSError(errno.EIO, f"it is damaged in the zip: {error}", info.filename) from None

    def _members(self) -> dict[str, zipfile.ZipInfo]:
        """The files of the zip by their paths; macOS's own notes beside them are left out."""
        infos = self._archive.infolist()
        _weigh(self._path, infos)
        named = [(_name(self._path, info, info.filename), info) for info in infos]
        named = [(name, info) for name, info in named if name.split("/")[0] != "__MACOSX"]
        files = [(name, info) for name, info in named if not _is_folder(info)]
        found = dict(files)
        if len(found) < len(files):
            twice = next(name for number, (name, _) in enumerate(files) if name in dict(files[:number]))
            raise _refused(self._path, f"{twice} is in it twice, and nobody can say which one counts")
        both = found.keys() & folders_of(name for name, _ in named)
        if both:
            raise _refused(self._path, f"{min(both)} is a file and a folder")
        return found


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does, whatever its name."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        with path.open("rb") as file:
            size = _directory_size(file)
        if size > MAX_DIRECTORY:
            raise _refused(path, f"the list of its entries has {size:,} bytes")
        return zipfile.ZipFile(path)
    except _DAMAGED as error:
        fix = "Make it anew, or copy it again. A tar has to be unpacked first: tar -xf FILE -C FOLDER"
        raise UsageError(f"{path} is no zip that can be read.", found=str(error), fix=fix) from None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read.", found=error.strerror or str(error), fix="Name a zip, or a folder."
        ) from None


def _directory_size(file: IO[bytes]) -> int:
    """The size that the archive states for its list of entries; 0 when it states none."""
    end = file.seek(0, 2)
    file.seek(max(0, end - 0xFFFF - 98))  # the longest comment, and the three records before it
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        return 0
    size: int = struct.unpack_from("<L", tail, at + 12)[0]
    if at >= 76 and tail[at - 20 : at - 16] == b"PK\x06\x07" and tail[at - 76 : at - 72] == b"PK\x06\x06":
        size = struct.unpack_from("<Q", tail, at - 76 + 40)[0]
    return size


def _weigh(path: Path, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Raises UsageError for an archive that is a bomb, or whose code is behind a password."""
    if len(infos) > MAX_ENTRIES:
        raise _refused(path, f"it has {len(infos):,} entries; {MAX_ENTRIES:,} are allowed")
    hidden = next((info.filename for info in infos if info.flag_bits & 0x1), None)
    if hidden is not None:
        fix = "Unpack it with its password and name the folder, or zip it anew without one."
        raise UsageError(f"{path} is encrypted.", found=f"{_shown(hidden)} needs a password", fix=fix)
    size = path.stat().st_size
    packed, unpacked = sum(info.compress_size for info in infos), sum(info.file_size for info in infos)
    if packed > size:
        raise _refused(path, f"its entries overlap: {packed:,} bytes of them in {size:,}")
    bomb = unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * size
    if unpacked > MAX_UNPACKED or bomb:
        raise _refused(path, f"{size:,} bytes of it unpack to {unpacked:,}")


def _name(path: Path, info: zipfile.ZipInfo, name: str) -> str:
    """The relative path that an entry's name means. Raises UsageError for one that means another place."""
    if not info.flag_bits & 0x800:  # not marked as UTF-8: zipfile took it as cp437
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    absolute = name[:1] in ("/", "\\") or (parts and len(parts[0]) == 2 and parts[0][1] == ":")
    if absolute or ".." in parts or "\0" in info.orig_filename or not 0 < len(name) <= LONGEST_NAME:
        raise _refused(path, f"the name of an entry leaves the folder it is unpacked to: {_shown(name)}")
    return "/".join(parts)


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith(("/", "\\")) or stat.S_ISDIR(info.external_attr >> 16)


def _single_folder(members: Collection[str]) -> str:
    """The folder that holds all that is in the archive, or ""."""
    first: Iterator[str] = (name.partition("/")[0] for name in members)
    tops = set(first)
    (top,) = tops if len(tops) == 1 else ("",)
    return "" if top in members else top


def _shown(name: str) -> str:
    return repr(name[:200])


def _refused(path: Path, found: str) -> UsageError:
    return UsageError(f"{path} is refused: no zip of a project looks like that.", found=found, fix=_ZIP_AGAIN)
