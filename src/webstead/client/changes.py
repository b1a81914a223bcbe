"""What of a folder need not be sent again, as the release that serves has it already."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.client.releases import Known
from webstead.client.selection import Chosen, Selection

__all__ = ["UNCHANGED", "Changes", "changes"]

UNCHANGED = ".webstead-unchanged"
"""The entry of a zip that lists what it leaves out, one path a line."""

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Changes:
    """release: that the unchanged files are in. selection: what is sent."""

    release: str
    selection: Selection
    unchanged: tuple[str, ...]

    @property
    def note(self) -> tuple[str, bytes]:
        """The entry that lists them."""
        return UNCHANGED, "\n".join(self.unchanged).encode()


def changes(
    selection: Selection,
    release: str,
    known: Mapping[str, Known],
    advance: Callable[[int], None] = lambda size: None,
) -> Changes:
    """By size, permission and CRC-32, whatever the files' times: a fresh check-out has others. advance: hears
    the bytes of each file that was read. A file that cannot be read counts as changed; packing tells it."""

    def is_unchanged(file: Chosen) -> bool:
        here = known.get(file.path)
        if here is None or (here.size, here.executable) != (file.size, file.executable):
            return False
        try:
            return here.crc32 == _crc32(selection.root / file.path)
        except OSError:
            return False

    same: set[str] = set()
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1), "compare") as pool:
        for file, unchanged in zip(
            selection.files, pool.map(is_unchanged, selection.files, chunksize=64), strict=True
        ):
            advance(file.size)
            if unchanged:
                same.add(file.path)
    sent = tuple(file for file in selection.files if file.path not in same)
    return Changes(release, replace(selection, files=sent), tuple(sorted(same)))


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            crc = zlib.crc32(piece, crc)
    return crc
