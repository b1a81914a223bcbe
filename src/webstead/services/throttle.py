"""Guessing is slowed down: who failed too often from an address, waits there. Pure but for its own memory."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from threading import Lock

__all__ = ["ADDRESSES", "FAILURES", "SECONDS", "Throttle", "Tried"]

FAILURES = 10
SECONDS = 60.0
"""So many within so long: nobody mistypes a password more often, and a guesser of a 60-character password has
no use for ten tries a minute."""

ADDRESSES = 4096
"""So many are remembered, each with a user, the latest ones: a megabyte, however many an attacker has."""


Tried = tuple[str, str]
"""An address, and the publishing user whose password was tried from there; "" for what is no password. So
whoever fails keeps only the same user from the same address waiting."""


class Throttle:
    """Remembers when who failed. Times are monotonic seconds. A success forgives nothing: who has a
    site of one's own could guess at another's between two of them."""

    def __init__(self) -> None:
        self._failures: OrderedDict[Tried, deque[float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, tried: Tried, now: float) -> int:
        """Whole seconds until it may try again; 0 for now."""
        with self._lock:
            times = self._failures.get(tried)
            if times is None or len(times) < FAILURES:
                return 0
            return max(0, math.ceil(times[0] + SECONDS - now))

    def failed(self, tried: Tried, now: float) -> None:
        with self._lock:
            self._failures.setdefault(tried, deque(maxlen=FAILURES)).append(now)
            self._failures.move_to_end(tried)
            while len(self._failures) > ADDRESSES:
                self._failures.popitem(last=False)
