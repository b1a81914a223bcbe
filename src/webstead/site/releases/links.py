"""The links to what is kept, as they lie in the folder of a release."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from webstead.site.releases.kept_links import path_in_kept

__all__ = ["links_to_kept"]


def links_to_kept(folder: Path) -> Iterator[tuple[str, str]]:
    """(where it lies, what in site/kept it leads to), both relative. A folder that cannot be read has none.
    Nothing is asked of the files themselves: a release has thousands."""
    return _below(str(folder), "")


def _below(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(folder) as scanned:
            entries = list(scanned)
    except OSError:
        return
    for entry in entries:
        path = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, f"{path}/")
        elif entry.is_symlink() and (name := path_in_kept(_text_of(entry.path))) is not None:
            yield path, name


def _text_of(link: str) -> str:
    """Empty for one that an app has put a file in the place of, or removed, since we looked."""
    try:
        return os.readlink(link)
    except OSError:
        return ""
