"""An instance's output, byte by byte as it comes, as lines that are safe to keep and to print."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

__all__ = ["KEPT_LINES", "LONGEST_LINE", "LineSplitter", "Tail"]

LONGEST_LINE = 8192
"""Bytes of one line that are shown; the log file has the whole. journald cuts at 48 KiB, Docker's log at 16
KiB."""

KEPT_LINES = 50
"""Last lines kept for the error page: two screens, a traceback of twenty frames."""


@dataclass(slots=True)
class LineSplitter:
    """Feeds on chunks, yields whole lines without their ends (`\\n`, `\\r\\n`).

    A line over LONGEST_LINE bytes is cut, and says by how much. Bytes that are not UTF-8 become U+FFFD.
    Memory is bounded."""

    _head: bytearray = field(default_factory=bytearray)
    _dropped: int = 0

    def feed(self, data: bytes) -> list[str]:
        *ended, rest = data.split(b"\n")
        lines = []
        for part in ended:
            self._take(part)
            lines.append(self._line())
        self._take(rest)
        return lines

    def close(self) -> list[str]:
        """The last line, when it has no end."""
        return [self._line()] if self._head or self._dropped else []

    def _take(self, part: bytes) -> None:
        room = LONGEST_LINE - len(self._head)
        self._head += part[:room]
        self._dropped += max(0, len(part) - room)

    def _line(self) -> str:
        text = self._head.decode("utf-8", "replace").removesuffix("\r")
        if self._dropped:
            text += f" … [cut: {self._dropped} more bytes]"
        self._head.clear()
        self._dropped = 0
        return text


@dataclass(slots=True)
class Tail:
    """The last lines of both streams, in the order in which they came."""

    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))

    def add(self, line: str) -> None:
        self._lines.append(line)

    def __call__(self) -> tuple[str, ...]:
        return tuple(self._lines)
