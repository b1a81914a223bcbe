"""`data/SitePackages`: the packages that a site runs from (WEBSITE_RUN_FROM_PACKAGE=1), and
`packagename.txt`, which says which one, as on App Service.

The folder lies where the app may write: it is opened once, never through a link, and all that is done in it
is done from there.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from webstead.effects.plain_files import open_plain
from webstead.errors import UsageError
from webstead.site.homes import SiteHome

__all__ = ["Chosen", "choose_package", "chosen_package", "copy_package", "keep_package", "package_name"]

_NAME_FILE = "packagename.txt"
_LARGEST_NAME_FILE = 4096
_PACKAGE = re.compile(r"[\w-][\w.-]{0,200}\.zip", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What `packagename.txt` says. written: when, in seconds since 1970."""

    name: str
    written: float


def package_name(home: SiteHome, now: datetime) -> str:
    """As Kudu names a package that comes now; a later second when one is there that came in this one."""
    there = set(_names(home))
    while (name := f"{now:%Y%m%d%H%M%S}.zip") in there:
        now += timedelta(seconds=1)
    return name


def chosen_package(home: SiteHome) -> Chosen | None:
    """None where nobody has chosen one. Raises UsageError for what can be no package's name."""
    try:
        with _folder(home) as folder, _opened(folder, _NAME_FILE) as file:
            text = file.read(_LARGEST_NAME_FILE).decode("utf-8", "replace").strip().strip("\ufeff")
            written = os.fstat(file.fileno()).st_mtime
    except OSError:
        return None
    if not text:
        return None
    if not _PACKAGE.fullmatch(text):
        fix = f"Write the name of one of its zips: {', '.join(_names(home)) or 'there is none yet'}"
        raise UsageError(f"data/SitePackages/{_NAME_FILE} names no package.", found=repr(text[:80]), fix=fix)
    return Chosen(text, written)


def choose_package(home: SiteHome, name: str, written: float | None = None) -> None:
    """Who reads the file finds the old name or the new one. written: as of Chosen; None for now. Raises
    OSError."""
    part = f".{_NAME_FILE}.{secrets.token_hex(4)}"
    with _folder(home, make=True) as folder:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder)
        with open(descriptor, "wb") as file:
            file.write(name.encode())
            file.flush()
            if written is not None:
                os.utime(file.fileno(), (written, written))
            os.fsync(file.fileno())
        os.replace(part, _NAME_FILE, src_dir_fd=folder, dst_dir_fd=folder)


def keep_package(home: SiteHome, package: Path, name: str, most: int) -> None:
    """A second name of the file, and no copy; beyond `most` the oldest go. Raises OSError."""
    with _folder(home, make=True) as folder:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        os.link(package, name, dst_dir_fd=folder)
    names = [each for each in _names(home) if each != name]
    with _folder(home) as folder:
        for old in names[: max(0, len(names) - max(most, 1) + 1)]:
            with suppress(FileNotFoundError):
                os.unlink(old, dir_fd=folder)


def copy_package(home: SiteHome, name: str, into: Path) -> None:
    """into: a new file. It may be written to where it lies, and is not, once it is copied. Raises UsageError
    when there is no such package, OSError."""
    try:
        with _folder(home) as folder, _opened(folder, name) as file, into.open("xb") as copy:
            shutil.copyfileobj(file, copy, 1 << 20)
    except FileNotFoundError:
        raise UsageError(
            f"The site is to run from {name}, and there is no such package.",
            found=f"data/SitePackages has: {', '.join(_names(home)) or 'nothing'}",
            fix=f"Upload it to data/SitePackages, or write the name of one that is there to {_NAME_FILE}.",
        ) from None


def _names(home: SiteHome) -> list[str]:
    """Of the packages that are there, the oldest first."""
    found: list[tuple[int, str]] = []
    with suppress(OSError), _folder(home) as folder:
        for name in os.listdir(folder):
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if _PACKAGE.fullmatch(name) and stat.S_ISREG(info.st_mode):
                found.append((info.st_mtime_ns, name))
    return [name for _, name in sorted(found)]


@contextmanager
def _folder(home: SiteHome, *, make: bool = False) -> Iterator[int]:
    path = home.data / "SitePackages"
    if make:
        with suppress(FileExistsError):
            path.mkdir()
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _opened(folder: int, name: str) -> Iterator[IO[bytes]]:
    """A regular file. Raises FileNotFoundError for all else."""
    with open(open_plain(name, folder=folder), "rb") as file:
        yield file
