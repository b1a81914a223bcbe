"""A folder becomes a release: copied by the file system, which shares the blocks where it can."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from webstead.errors import HostError
from webstead.site.releases.manifest import Entry, Manifest

__all__ = ["copy_bytes", "copy_folder"]


def copy_folder(folder: Path, into: Path, ignored: Callable[[str], bool] = lambda path: False) -> Manifest:
    """Copy what is in a folder into one that is there. Files keep their times; of modes, whether they may
    be executed. Links inside of the folder are copied as links; those that lead out, and special files, are
    left out. ignored: asked of each relative path. Raises HostError."""
    files: dict[str, Entry] = {}
    folders: set[str] = set()
    try:
        for path, info in _walk(folder, "", ignored):
            target = into / path
            if stat.S_ISDIR(info.st_mode):
                target.mkdir(exist_ok=True)
                folders.add(path)
            elif stat.S_ISLNK(info.st_mode):
                target.symlink_to(os.readlink(folder / path))
                files[path] = Entry(info.st_size, os.lstat(target).st_mtime_ns)
            else:
                _copy_file(folder / path, target, info)
                files[path] = Entry(info.st_size, info.st_mtime_ns)
    except OSError as error:
        raise HostError(
            f"{folder} cannot be copied.",
            found=f"{error.filename or folder}: {error.strerror or error}",
            fix="See that it can be read, and that the disk has room. Nothing was changed.",
        ) from None
    return Manifest(files, frozenset(folders))


def copy_bytes(source: Path, target: int, size: int) -> None:
    """All bytes of a file to an open one, in the kernel. Raises OSError where the file has become shorter."""
    origin = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        left = size
        while left > 0 and (moved := os.copy_file_range(origin, target, left)):
            left -= moved
    finally:
        os.close(origin)
    if left:
        raise OSError(5, "it has become shorter while it was copied", str(source))


def _walk(root: Path, prefix: str, ignored: Callable[[str], bool]) -> Iterator[tuple[str, os.stat_result]]:
    """Folders before what is in them."""
    with os.scandir(root / prefix) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        info = entry.stat(follow_symlinks=False)
        if ignored(path) or not _is_copied(root, path, info):
            continue
        yield path, info
        if stat.S_ISDIR(info.st_mode):
            yield from _walk(root, f"{path}/", ignored)


def _is_copied(root: Path, path: str, info: os.stat_result) -> bool:
    if stat.S_ISLNK(info.st_mode):
        text = os.readlink(root / path)
        leads = os.path.normpath(os.path.join(os.path.dirname(path), text))
        return not os.path.isabs(text) and leads.split("/")[0] != ".."
    return stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode)


def _copy_file(source: Path, target: Path, info: os.stat_result) -> None:
    mode = 0o755 if info.st_mode & 0o111 else 0o644
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        copy_bytes(source, descriptor, info.st_size)
        os.utime(descriptor, ns=(info.st_mtime_ns, info.st_mtime_ns))
    finally:
        os.close(descriptor)
