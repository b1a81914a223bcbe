"""How far uv has come with its downloads, from the lines that it prints of each larger file: `Downloading
numpy (16.1MiB)`, and `Downloaded numpy` at its end."""

from __future__ import annotations

import re
from collections.abc import Callable

from webstead.build.progress import Meter

__all__ = ["Downloads"]

_BEGUN = re.compile(r"^ *Downloading (\S+) \((\d{1,9}(?:\.\d{1,3})?)(B|KiB|MiB|GiB)\)$")
_DONE = re.compile(r"^ *Downloaded (\S+)$")
_BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class Downloads:
    """meter: asked for once, when there is something to count in bytes."""

    def __init__(self, meter: Callable[[], Meter]) -> None:
        self._new_meter = meter
        self._meter: Meter | None = None
        self._sizes: dict[str, int] = {}
        self._done = 0

    def take(self, line: str) -> None:
        """Any line of uv's; most say nothing of downloads."""
        if begun := _BEGUN.match(line):
            self._sizes[begun[1]] = int(float(begun[2]) * _BYTES[begun[3]])
        elif (done := _DONE.match(line)) and done[1] in self._sizes:
            self._done += self._sizes.pop(done[1])
        else:
            return
        if self._meter is None:
            self._meter = self._new_meter()
        self._meter.at(self._done, self._done + sum(self._sizes.values()))
