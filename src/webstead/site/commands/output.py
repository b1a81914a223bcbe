"""What a command writes, held: its beginning and its end, however much lies between. Pure."""

from __future__ import annotations

__all__ = ["MOST_BYTES", "Collected"]

MOST_BYTES = 8 << 20
"""Of each of the two streams. An answer is one JSON text: a browser, or a script, shows no more either."""


class Collected:
    """One stream."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._half = most // 2
        self._begin = bytearray()
        self._end = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = self._half - len(self._begin)
        self._begin += data[:room]
        self._end += data[room:] if room > 0 else data
        if len(self._end) > 2 * self._half:  # cut seldom: each cut copies what stays
            del self._end[: -self._half]

    def text(self) -> str:
        """As UTF-8, with a line that says how much was left out."""
        end = bytes(self._end[-self._half :])
        left_out = self.total - len(self._begin) - len(end)
        if left_out == 0:
            return (bytes(self._begin) + end).decode("utf-8", "replace")
        note = f"\n[… {left_out:,} bytes are left out: write them to a file, and fetch that …]\n"
        return self._begin.decode("utf-8", "replace") + note + end.decode("utf-8", "replace")
