"""Time as a value that is handed in, so that what depends on it is tested without waiting."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "FakeClock", "SystemClock"]


class Clock(Protocol):
    """monotonic: seconds for measuring, never going back. now: the date, aware, in UTC, for records."""

    def monotonic(self) -> float: ...

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class FakeClock:
    """A clock that moves only by `advance`."""

    def __init__(self, start: datetime = _EPOCH) -> None:
        self._start = start
        self._elapsed = 0.0

    def advance(self, seconds: float) -> None:
        """Move on. Raises ValueError for a step back: a monotonic clock has none."""
        if seconds < 0:
            raise ValueError("a clock does not go back")
        self._elapsed += seconds

    def monotonic(self) -> float:
        return self._elapsed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)
