"""A zip over a folder of a home: checked and unpacked whole beside it first, then moved in, file by file."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.site.files.inside import find, own_as
from webstead.site.releases.unpack import unpack

__all__ = ["move_over", "unpack_over"]


def unpack_over(root: Path, parts: tuple[str, ...], file: Path, temporary: Path) -> int:
    """How many files came. Nothing that is there is removed, but a file of the same name. Folders on the way
    are made. temporary: on the same file system.

    Raises UsageError for a zip that is damaged or refused, and HostError when the disk does not take it:
    then nothing has changed; OSError, with its path, where a file of the zip has a folder in its place, or a
    folder a file: what came before it is there then."""
    folder = Path(tempfile.mkdtemp(prefix="unpack-", dir=temporary))
    try:
        manifest = unpack(file, folder).manifest
        move_over(root, parts, folder, list(manifest.files), sorted(manifest.all_folders))
        return len(manifest.files)
    finally:
        remove_tree(folder)


def move_over(
    root: Path, parts: tuple[str, ...], folder: Path, files: Sequence[str], folders: Sequence[str]
) -> None:
    """Move what was unpacked beside it. files, folders: relative paths in `folder`; of folders, each after
    those above it. Raises OSError as `unpack_over`."""
    for path in folders:
        _make(root, (*parts, *path.split("/")))
    _make(root, parts)
    for path in files:
        _move(root, (*parts, *path.split("/")), folder / path)


def _make(root: Path, parts: tuple[str, ...]) -> None:
    with find(root, parts, make=True) as place:
        if place.info is None:
            os.mkdir(place.name, 0o755, dir_fd=place.folder)
            own_as(place.folder, place.name)
        elif not place.is_folder:
            raise FileExistsError(errno.EEXIST, "a file is there already", "/".join(parts))


def _move(root: Path, parts: tuple[str, ...], file: Path) -> None:
    with find(root, parts, make=True) as place:
        if place.is_folder:
            raise IsADirectoryError(errno.EISDIR, "a folder is there already", "/".join(parts))
        os.replace(file, place.name, dst_dir_fd=place.folder)
        own_as(place.folder, place.name)
