"""What the front counts of each site's requests: told to the supervisor when that asks.

Counts begin with the front: one that died and came back begins at nothing, as Prometheus expects of counters.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["BOUNDS", "CLASSES", "SiteMetrics"]

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: the upper bounds of the histogram's buckets. Those of Prometheus' clients, and one for what is
about to be given up."""

CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


@dataclass(frozen=True, slots=True)
class SiteMetrics:
    """Requests of one site. by_class: those answered, by CLASSES. buckets: of those, how many took no longer
    than each of BOUNDS and longer than the one before; the last, longer than all; a WebSocket is in none.
    seconds: their sum. size: bytes of bodies sent. running: those that are answered now. quiet: seconds since
    the last ended; 0 while one runs."""

    site: str
    by_class: tuple[int, ...]
    buckets: tuple[int, ...]
    seconds: float
    size: int
    running: int
    quiet: float

    @property
    def answered(self) -> int:
        return sum(self.by_class)

    @property
    def asked(self) -> int:
        """Requests that have come: who sees this unchanged knows that nobody asks."""
        return self.answered + self.running

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SiteMetrics:
        """Raises KeyError, TypeError or ValueError for what as_json does not give."""
        return cls(
            site=str(data["site"]),
            by_class=tuple(int(number) for number in data["by_class"]),
            buckets=tuple(int(number) for number in data["buckets"]),
            seconds=float(data["seconds"]),
            size=int(data["size"]),
            running=int(data["running"]),
            quiet=float(data["quiet"]),
        )
