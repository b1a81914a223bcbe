"""Guessing is slowed down: an address that failed too often waits. Pure but for its own memory."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from threading import Lock

__all__ = ["ADDRESSES", "FAILURES", "SECONDS", "Throttle"]

FAILURES = 10
SECONDS = 60.0
"""So many within so long: nobody mistypes a password more often, and a guesser of a 60-character password has
no use for ten tries a minute."""

ADDRESSES = 4096
"""So many are remembered, the latest ones: a few hundred kilobytes, however many an attacker has."""


class Throttle:
    """Remembers when an address failed. Times are monotonic seconds. A success forgives nothing: who has a
    site of one's own could guess at another's between two of them."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, address: str, now: float) -> int:
        """Whole seconds until it may try again; 0 for now."""
        with self._lock:
            times = self._failures.get(address)
            if times is None or len(times) < FAILURES:
                return 0
            return max(0, math.ceil(times[0] + SECONDS - now))

    def failed(self, address: str, now: float) -> None:
        with self._lock:
            self._failures.setdefault(address, deque(maxlen=FAILURES)).append(now)
            self._failures.move_to_end(address)
            while len(self._failures) > ADDRESSES:
                self._failures.popitem(last=False)
