"""What can go wrong with a release on a disk, in words."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from webstead.errors import HostError, WebsteadError

__all__ = ["FULL", "DiskFull", "broken_disk", "check_free", "of_disk", "sized"]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
BLOCK = 4096
RESERVE = 64 << 20
"""What stays free for logs and records while a release is written."""


class DiskFull(HostError):
    """The disk, or the share of it that somebody has, is full."""

    http_status = 507


def sized(count: int) -> str:
    """`3.4 MB`."""
    if count < 1000:
        return f"{count} bytes"
    unit = next((n for n in range(1, len(_UNITS)) if count < 1000 ** (n + 1)), len(_UNITS))
    return f"{count / 1000**unit:.1f} {_UNITS[unit - 1]}"


_UNITS = ("kB", "MB", "GB", "TB")


def check_free(folder: Path, size: int, files: int) -> None:
    """Raises DiskFull when that many bytes in that many files do not fit beside what is there. folder: on the
    file system that is meant."""
    if not hasattr(os, "statvfs"):  # Windows
        return
    facts = os.statvfs(folder)
    free = facts.f_bavail * facts.f_frsize
    needed = size + files * BLOCK
    if needed + RESERVE > free:
        raise _full(folder, needed, free)
    if facts.f_files and facts.f_favail < files:
        found = f"it has {files:,} files; {facts.f_favail:,} more fit on the file system of {folder}"
        raise DiskFull("There is no room for the release.", found=found, fix=_FIX)


def broken_disk(error: OSError, folder: Path, needed: int) -> HostError:
    """What an error means that a write, or what belongs to one, has met. needed: bytes, of the whole."""
    if error.errno in FULL:
        return _full(folder, needed, _free(folder))
    name = f" ({error.filename})" if error.filename else ""
    return HostError(
        "The files of the release cannot be written.",
        found=f"{error.strerror or error}{name}",
        fix=f"See that {folder} can be written, and what the system says of its disk. Then deploy again.",
    )


def of_disk(error: WebsteadError, folders: Iterable[Path]) -> WebsteadError:
    """The cause behind an error, where one of these folders is on a disk that has no room, or a program had
    to do with one that fails: what it says of that itself helps nobody. The error itself where there is no
    such cause, or when it says so, or when it is a refusal."""
    if isinstance(error, DiskFull) or error.http_status == HTTPStatus.CONFLICT:
        return error
    return _of_broken(error) or _of_full(error, folders)


def _of_broken(error: WebsteadError) -> HostError | None:
    """By a program's own words: those of uv, of Python, of the C library."""
    if isinstance(error, HostError):
        return None
    line = next((line for line in _lines(error) if _BROKEN.search(line)), None)
    if line is None:
        return None
    return HostError("The disk failed.", found=f"{error.what}: {line}", fix=_SEE, detail=error.detail)


_BROKEN = re.compile(r"\b(?:os error|Errno) (?:5|30)\b|Input/output error|Read-only file system")
_SEE = "See what the system says of the disk (dmesg), and whether it can be written. Then deploy again."


def _of_full(error: WebsteadError, folders: Iterable[Path]) -> WebsteadError:
    """A program that met a full disk may have removed what it had written by now: its words count, too."""
    there = {each: _free(each) for each in folders if each.exists()}
    if not there:
        return error
    folder = min(there, key=there.__getitem__)
    line = next((line for line in _lines(error) if _SAYS_FULL.search(line)), None)
    if line is None and there[folder] >= NOTHING:
        return error
    free = f"{sized(there[folder])} are free on the file system of {folder}."
    found = f"{free} {error.what}: {line or error.found}"
    return DiskFull("The disk is full.", found=found, fix=_FREE, detail=error.detail)


_SAYS_FULL = re.compile(r"\b(?:os error|Errno) 28\b|No space left on device", re.IGNORECASE)


def _lines(error: WebsteadError) -> list[str]:
    return [line.strip() for line in (*error.found.splitlines(), *error.detail.splitlines())]


NOTHING = 1 << 20
"""With less free, a disk is full: the log of the records alone takes pages of it with each change."""

_FREE = (
    "Free some space there: releases (the site's option releases_kept), logs, and `webstead env prune`. Then "
    "deploy again."
)
_FIX = (
    "Remove what is not needed, or keep fewer releases: the site's option releases_kept. Then deploy again."
)


def _free(folder: Path) -> int:
    try:
        facts = os.statvfs(folder)
    except OSError:
        return 0
    return facts.f_bavail * facts.f_frsize


def _full(folder: Path, needed: int, free: int) -> DiskFull:
    found = f"it needs {sized(needed)}; {sized(free)} are free on the file system of {folder}"
    return DiskFull("There is no room for the release.", found=found, fix=_FIX)
