"""The counts of one site's requests. Made for the hot path: a request costs half a microsecond of it."""

from __future__ import annotations

from bisect import bisect_left
from time import perf_counter

from webstead.site_metrics import BOUNDS, CLASSES, SiteMetrics

__all__ = ["Counts"]

_HUNDREDS = 9
"""Apps answer with statuses up to 999: what is above 5xx is counted there, and so is a connection that was
cut before it had a status."""
_SWITCHED = 101


class Counts:
    """begun: requests that have come."""

    __slots__ = ("_buckets", "_ended", "_hundreds", "_seconds", "_size", "begun")

    def __init__(self) -> None:
        self.begun = 0
        self._hundreds = [0] * _HUNDREDS
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0
        self._size = 0
        self._ended = perf_counter()

    def end(self, status: int, size: int, seconds: float, now: float) -> None:
        """One that has begun has ended. status: 0 for none. now: of the performance counter."""
        self._hundreds[status // 100 - 1] += 1
        if status != _SWITCHED:
            self._buckets[bisect_left(BOUNDS, seconds)] += 1
            self._seconds += seconds
        self._size += size
        self._ended = now

    def of(self, site: str, now: float) -> SiteMetrics:
        last = len(CLASSES) - 1
        by_class = (*self._hundreds[:last], sum(self._hundreds[last:]))
        running = self.begun - sum(by_class)
        return SiteMetrics(
            site=site,
            by_class=by_class,
            buckets=tuple(self._buckets),
            seconds=round(self._seconds, 6),
            size=self._size,
            running=running,
            quiet=0.0 if running else round(now - self._ended, 3),
        )
