"""The list of what a zip holds, checked before anything of it is read. Everything in it is hostile: the
number of its entries, what they unpack to, their names, where they lie.

Names are read as the programs meant them that write zips: UTF-8 without the flag that says so (macOS), and
backslashes between folders (.NET before 4.6.1). Nothing else is mended: a name that leaves the archive, or is
there twice, refuses the whole, since nobody can say what its deployment would hold.
"""

from __future__ import annotations

import contextlib
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from webstead.effects.listing import folders_of
from webstead.errors import UsageError

__all__ = ["DAMAGED", "ZipMembers", "is_zip", "members_of", "open_zip", "refused"]

MAX_ENTRIES = 200_000  # a front end's node_modules has up to 100,000
MAX_DIRECTORY = 32 << 20  # bytes of the zip's own list: what zipfile reads at once
MAX_UNPACKED = 8 << 30  # as App Service's smallest plans have disk
MAX_RATIO = 250  # text packs to a tenth; zeros to a thousandth
RATIO_COUNTS_FROM = 256 << 20
LONGEST_NAME = 4096
_ZIP_AGAIN = "Zip the project's folder anew: git archive -o app.zip HEAD"

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, NotImplementedError)
"""What zipfile raises for what makes no sense, or was packed by a method that nobody has."""

ZipMembers = dict[str, zipfile.ZipInfo]
"""The files of a zip, by their paths."""


def members_of(path: Path, infos: Sequence[zipfile.ZipInfo]) -> tuple[ZipMembers, tuple[str, ...]]:
    """The files by their paths, and the folders that have entries of their own; macOS's notes beside them are
    left out. path: of the zip, to be named. Raises UsageError."""
    _weigh(path, infos)
    named = [(_name(path, info, info.filename), info) for info in infos]
    named = [(name, info) for name, info in named if name.split("/")[0] != "__MACOSX"]
    files = [(name, info) for name, info in named if not _is_folder(info)]
    found = dict(files)
    if len(found) < len(files):
        twice = next(name for name, times in Counter(name for name, _ in files).items() if times > 1)
        raise refused(path, f"{twice} is in it twice, and nobody can say which one counts")
    folders = {name for name, info in named if _is_folder(info) and name}
    both = found.keys() & (folders | folders_of(name for name, _ in named))
    if both:
        raise refused(path, f"{min(both)} is a file and a folder")
    return found, tuple(sorted(folders))


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does, whatever its name."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def open_zip(path: Path) -> zipfile.ZipFile:
    """Raises UsageError when the file is no zip, or cannot be read."""
    try:
        with path.open("rb") as file:
            size = _directory_size(file)
        if size > MAX_DIRECTORY:
            raise refused(path, f"the list of its entries has {size:,} bytes")
        return zipfile.ZipFile(path)
    except DAMAGED as error:
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
        raise refused(path, f"it has {len(infos):,} entries; {MAX_ENTRIES:,} are allowed")
    hidden = next((info.filename for info in infos if info.flag_bits & 0x1), None)
    if hidden is not None:
        fix = "Unpack it with its password and name the folder, or zip it anew without one."
        raise UsageError(f"{path} is encrypted.", found=f"{_shown(hidden)} needs a password", fix=fix)
    size = path.stat().st_size
    packed, unpacked = sum(info.compress_size for info in infos), sum(info.file_size for info in infos)
    if packed > size:
        raise refused(path, f"its entries overlap: {packed:,} bytes of them in {size:,}")
    bomb = unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * size
    if unpacked > MAX_UNPACKED or bomb:
        raise refused(path, f"{size:,} bytes of it unpack to {unpacked:,}")


def _name(path: Path, info: zipfile.ZipInfo, name: str) -> str:
    """The relative path that an entry's name means. Raises UsageError for one that means another place."""
    if not info.flag_bits & 0x800:  # not marked as UTF-8: zipfile took it as cp437
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    absolute = name[:1] in ("/", "\\") or (parts and len(parts[0]) == 2 and parts[0][1] == ":")
    if absolute or ".." in parts or "\0" in info.orig_filename or not 0 < len(name) <= LONGEST_NAME:
        raise refused(path, f"the name of an entry leaves the folder it is unpacked to: {_shown(name)}")
    return "/".join(parts)


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith(("/", "\\")) or stat.S_ISDIR(info.external_attr >> 16)


def _shown(name: str) -> str:
    return repr(name[:200])


def refused(path: Path, found: str) -> UsageError:
    """Of a zip that nobody made in good faith."""
    return UsageError(f"{path} is refused: no zip of a project looks like that.", found=found, fix=_ZIP_AGAIN)
