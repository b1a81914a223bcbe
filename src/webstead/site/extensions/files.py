"""The files of a package, from its zip to a folder: for an extension's own, or over the site's wwwroot."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from isal import isal_zlib

from webstead.errors import UsageError
from webstead.site.extensions.package import Package
from webstead.site.files.inside import find, open_file
from webstead.site.files.unpacking import move_over
from webstead.site.homes import SiteHome
from webstead.site.releases.failure import check_free
from webstead.site.releases.manifest import parents_of
from webstead.site.releases.work import Work

__all__ = ["give", "remove_from_wwwroot", "to_wwwroot", "unpack_content"]

_BLOCK = 1 << 20


def unpack_content(package: Package, into: Path) -> None:
    """into: an empty folder. Raises UsageError for a file that is damaged, DiskFull, OSError."""
    folders = _folders(package)
    check_free(into, package.size, len(package.members) + len(folders))
    for folder in folders:
        (into / folder).mkdir()
    times = {member.path: member.stamp * 1_000_000_000 for member in package.members}
    work = Work(into, lambda done, total: None, done=0, total=len(package.members))
    work.inflate(package.file, package.members, times)


def to_wwwroot(home: SiteHome, package: Package, unpacked: Path) -> None:
    """As a person puts files there: they survive deployments. Raises UsageError when nothing was deployed
    yet; OSError where a folder has the name of a file."""
    if home.release is None:
        raise UsageError(
            "The site has no wwwroot yet.", found="nothing was deployed to it", fix="Deploy an app first."
        )
    paths = [member.path for member in package.members]
    move_over(home.root, _WWWROOT, unpacked, paths, _folders(package))


def remove_from_wwwroot(home: SiteHome, package: Package, but: Collection[str] = ()) -> None:
    """Those of its files that are there as it brought them; and the folders that are empty then. but: paths
    that another package has brought since."""
    for member in (each for each in package.members if each.path not in but):
        with suppress(OSError), find(home.root, (*_WWWROOT, *member.path.split("/"))) as place:
            if place.is_file and place.info is not None and place.info.st_size == member.size:
                descriptor = open_file(place)
                if _crc(descriptor) == member.crc32:
                    os.unlink(place.name, dir_fd=place.folder)
    for folder in reversed(_folders(package)):
        with suppress(OSError), find(home.root, (*_WWWROOT, *folder.split("/"))) as place:
            os.rmdir(place.name, dir_fd=place.folder)


def give(folder: Path, owner: tuple[int, int] | None) -> None:
    """The folder and all in it to the site's user, where it has one of its own. Raises OSError."""
    if owner is None or os.geteuid() != 0:
        return
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(os.path.join(root, name), *owner, follow_symlinks=False)
    os.chown(folder, *owner, follow_symlinks=False)


_WWWROOT = ("site", "wwwroot")


def _folders(package: Package) -> list[str]:
    """Each after those above it."""
    return sorted(set(parents_of(member.path for member in package.members)))


def _crc(descriptor: int) -> int:
    crc = 0
    with open(descriptor, "rb") as file:
        while piece := file.read(_BLOCK):
            crc = isal_zlib.crc32(piece, crc)
    return crc
