"""How far a step has come, told at a pace that a person can read."""

from __future__ import annotations

from collections import deque

from webstead.effects.clock import Clock
from webstead.events import Emit, StepProgress, Unit

__all__ = ["Meter"]

PAUSE_SECONDS = 0.2  # between two events; people see no more
WINDOW_SECONDS = 3.0  # the rate is that of the last seconds: a slow start says nothing about the end


class Meter:
    """Counts one unit of one step. at() and advance() may be called as often as one likes."""

    def __init__(
        self, emit: Emit, clock: Clock, step: str, what: str, unit: Unit, total: int | None = None
    ) -> None:
        self._emit = emit
        self._clock = clock
        self._step = step
        self._what = what
        self._unit = unit
        self._total = total
        self._done = 0
        self._seen: deque[tuple[float, int]] = deque([(clock.monotonic(), 0)])
        self._told: tuple[float, int, int | None] | None = None

    def advance(self, more: int) -> None:
        self.at(self._done + more)

    def at(self, done: int, total: int | None = None) -> None:
        """So much is done now; total: when it has changed."""
        self._done = done
        self._total = self._total if total is None else total
        now = self._clock.monotonic()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW_SECONDS:
            self._seen.popleft()
        if self._told is None or done == self._total or now - self._told[0] >= PAUSE_SECONDS:
            self._tell(now)

    def finish(self) -> None:
        """Tell the last count, if it has not been told."""
        self._tell(self._clock.monotonic())

    def _tell(self, now: float) -> None:
        if self._told is not None and self._told[1:] == (self._done, self._total):
            return
        self._told = (now, self._done, self._total)
        began, before = self._seen[0]
        rate = (self._done - before) / (now - began) if now > began else None
        self._emit(StepProgress(self._step, self._what, self._done, self._total, self._unit, rate))
