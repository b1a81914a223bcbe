"""What lies in a folder of a home."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from webstead.formats.webconfig.schema.mime_types import STOCK_TYPES
from webstead.site.files.inside import Place, find
from webstead.site.files.paths import is_private

__all__ = ["FOLDER_TYPE", "Item", "items", "media_type"]

FOLDER_TYPE = "inode/directory"
"""Kudu's."""


@dataclass(frozen=True, slots=True)
class Item:
    """info: of what a link leads to."""

    name: str
    info: os.stat_result

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.info.st_mode)


def items(root: Path, place: Place) -> Iterator[Item]:
    """Of the folder at this place, by name. A link is told as what it leads
    to; one that leads nowhere, or out of the home, is not told, nor is what is neither file nor folder."""
    if place.own is None:
        raise NotADirectoryError(place.name)
    with os.scandir(place.own) as found:
        names = sorted(entry.name for entry in found)
    for name in names:
        if is_private((*place.real, name)):
            continue
        try:
            info = os.stat(name, dir_fd=place.own, follow_symlinks=False)
            if stat.S_ISLNK(info.st_mode):
                with find(root, (*place.real, name)) as led:
                    if led.info is None:
                        continue
                    info = led.info
        except OSError:  # removed meanwhile
            continue
        if stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode):
            yield Item(name, info)


def media_type(name: str) -> str:
    """By the extension."""
    return STOCK_TYPES.get(os.path.splitext(name)[1].lower(), "application/octet-stream")
