"""Whole lines to a file descriptor from a thread of their own, so that a slow reader never stops the event
loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from webstead.front.backlog import GATHER_SECONDS, Backlog
from webstead.front.limits import LOG_LINES, LOG_WRITE

__all__ = ["LineWriter", "blocks"]

Entry = TypeVar("Entry")


def blocks(lines: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The lines in blocks of at most limit bytes, split between lines. A longer line stands alone."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and size + len(line) > limit:
            yield b"".join(held)
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield b"".join(held)


class LineWriter(Generic[Entry]):
    """render: one entry to one line (with its end), at most LOG_WRITE bytes. lost: the line that says how
    many were dropped because the reader was too slow. A broken pipe ends the writing for good; nothing is
    ever raised. put: queues one entry; called on the event loop, never blocks.
    """

    def __init__(
        self,
        fd: int,
        render: Callable[[Entry], bytes],
        lost: Callable[[int], bytes],
        capacity: int = LOG_LINES,
    ) -> None:
        self._fd = fd
        self._render = render
        self._render_lost = lost
        self.backlog = Backlog[Entry](f"lines-{fd}", self._write_queued, capacity)
        self.put = self.backlog.put
        self.backlog.start()

    def close(self, seconds: float) -> None:
        """Write what is queued, for at most so long."""
        self.backlog.close(seconds)

    def _write_queued(self) -> bool:
        return all(self._write(block) for block in blocks(self._lines(), LOG_WRITE))

    def _lines(self) -> Iterator[bytes]:
        yield from map(self._render, self.backlog.take())
        if lost := self.backlog.take_lost():
            yield self._render_lost(lost)

    def _write(self, block: bytes) -> bool:
        closing = self.backlog.closing
        while block:
            try:
                block = block[os.write(self._fd, block) :]
            except BlockingIOError:
                closing.wait(GATHER_SECONDS)
                if closing.is_set():
                    return False
            except OSError:
                return False
        return True
