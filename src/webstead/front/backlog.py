"""A bounded queue of what is to be written, and the thread that writes it: the event loop never waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from webstead.front.limits import LOG_LINES

__all__ = ["GATHER_SECONDS", "Backlog"]

Entry = TypeVar("Entry")

GATHER_SECONDS = 0.05
"""Entries that come within this are written together."""


class Backlog(Generic[Entry]):
    """write: called in the thread when there are entries, to `take` them; False ends the writing for good.
    closing: set when there is little time left."""

    def __init__(self, name: str, write: Callable[[], bool], capacity: int = LOG_LINES) -> None:
        self._work = write
        self._capacity = capacity
        self._queue: deque[Entry] = deque()
        self._lost = 0
        self._wake = threading.Event()
        self._woken = False
        self.closing = threading.Event()
        self.broken = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __len__(self) -> int:
        return len(self._queue)

    def start(self) -> None:
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Called on the event loop; never blocks. What is too much is counted as lost."""
        if self.broken:
            return
        if len(self._queue) >= self._capacity:
            self._lost += 1
            return
        self._queue.append(entry)
        if not self._woken:  # an Event costs more than the rest of this: set it once per batch
            self._woken = True
            self._wake.set()

    def take(self) -> Iterator[Entry]:
        """Those that are there now."""
        for _ in range(len(self._queue)):
            yield self._queue.popleft()

    def take_lost(self) -> int:
        """How many were lost since it was last asked."""
        lost, self._lost = self._lost, 0
        return lost

    def close(self, seconds: float) -> None:
        """Write what is queued, for at most so long."""
        self.closing.set()
        self._wake.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self.broken:
            self._wake.wait()
            self._wake.clear()
            self.closing.wait(GATHER_SECONDS)
            self._woken = False
            if not self._work():
                self.broken = True
                self._queue.clear()
            if self.closing.is_set():
                return
