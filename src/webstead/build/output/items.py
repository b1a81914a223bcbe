"""What goes into an output, one item after another: into a folder or an archive, without a copy in between.

An item's bytes are read when it is placed. Paths are relative to the output, with `/`, and items come sorted
by path, so that two outputs of the same input are the same list.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CHUNK", "Item", "chunks", "folder_items"]

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Item:
    """A file (data, or what the file at source holds), or a symbolic link (its text). size: in bytes; 0 for a
    link."""

    path: str
    size: int = 0
    executable: bool = False
    data: bytes | None = None
    source: str | None = None
    link: str | None = None

    @classmethod
    def of(cls, path: str, data: bytes, *, executable: bool = False) -> Item:
        return cls(path, len(data), executable, data)


def chunks(item: Item) -> Iterator[bytes]:
    """The bytes of a file. Raises OSError."""
    if item.source is None:
        yield item.data or b""
        return
    with open(item.source, "rb", buffering=0) as file:
        while data := file.read(CHUNK):
            yield data


def folder_items(
    folder: Path, into: str = "", skip: Callable[[str, os.DirEntry[str]], bool] = lambda path, entry: False
) -> Iterator[Item]:
    """Everything in a folder: links as they are, without what is neither file, folder nor link.

    into: the folder of the output that it goes to. skip(path, entry): what is left out, with all in it; path
    is relative to folder. Raises OSError.
    """
    stack = [(os.fspath(folder), "")]
    while stack:
        here, prefix = stack.pop()
        with os.scandir(here) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        folders = []
        for entry in entries:
            path = prefix + entry.name
            if skip(path, entry):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, path + "/"))
            elif (item := _item(entry, into + path)) is not None:
                yield item
        stack += reversed(folders)


def _item(entry: os.DirEntry[str], path: str) -> Item | None:
    if entry.is_symlink():
        return Item(path, link=os.readlink(entry.path))
    info = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(info.st_mode):
        return None
    return Item(path, info.st_size, bool(info.st_mode & stat.S_IXUSR), source=entry.path)
