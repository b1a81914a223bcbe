"""Whole lines to a file descriptor from a thread of their own, so that a slow reader never stops the event
loop."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from webstead.front.limits import LOG_LINES, LOG_WRITE

__all__ = ["LineWriter", "blocks"]

Entry = TypeVar("Entry")
_GATHER_SECONDS = 0.05


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
    """A bounded queue of entries, and a thread that renders and writes them.

    render: one entry to one line (with its end), at most LOG_WRITE bytes. lost: the line that says how many
    were dropped because the reader was too slow. A broken pipe ends the writing for good; nothing is ever
    raised.
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
        self._capacity = capacity
        self._queue: deque[Entry] = deque()
        self._lost = 0
        self._wake = threading.Event()
        self._woken = False
        self._closing = threading.Event()
        self._broken = False
        self._thread = threading.Thread(target=self._run, name=f"lines-{fd}", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Queue one entry; called on the event loop, never blocks."""
        if self._broken:
            return
        if len(self._queue) >= self._capacity:
            self._lost += 1
            return
        self._queue.append(entry)
        if not self._woken:  # an Event costs more than the rest of this: set it once per batch
            self._woken = True
            self._wake.set()

    def close(self, seconds: float) -> None:
        """Write what is queued, for at most so long."""
        self._closing.set()
        self._wake.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._broken:
            self._wake.wait()
            self._wake.clear()
            self._closing.wait(_GATHER_SECONDS)
            self._woken = False
            self._write_queued()
            if self._closing.is_set():
                return

    def _write_queued(self) -> None:
        for block in blocks(self._lines(), LOG_WRITE):
            if not self._write(block):
                self._broken = True
                self._queue.clear()
                return

    def _lines(self) -> Iterator[bytes]:
        for _ in range(len(self._queue)):
            yield self._render(self._queue.popleft())
        if self._lost:
            lost, self._lost = self._lost, 0
            yield self._render_lost(lost)

    def _write(self, block: bytes) -> bool:
        while block:
            try:
                block = block[os.write(self._fd, block) :]
            except BlockingIOError:
                self._closing.wait(_GATHER_SECONDS)
                if self._closing.is_set():
                    return False
            except OSError:
                return False
        return True
