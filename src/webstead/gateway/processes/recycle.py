"""When a process has served enough: after so many requests, or when it holds too much memory."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Callable

from webstead.gateway.observe.observation import Outcome, Ticket

__all__ = ["JITTER_SHARE", "MemoryLimit", "RequestLimit", "draw_limit"]

JITTER_SHARE = 10
"""Without --max-requests-jitter: one part in so many of --max-requests. Precedents: gunicorn leaves it to
be set, uWSGI adds a multiple of the worker's number."""

MEGABYTE = 1 << 20


def draw_limit(most: int, jitter: int | None, random: Random) -> int:
    """most, and up to jitter more: each worker draws its own, so that they do not all go at once. To be
    called in the worker: before the fork all would draw the same.
    """
    return most + random.randint(0, most // JITTER_SHARE if jitter is None else jitter)


class RequestLimit:
    """A sink of the observation: called after each request, by any thread."""

    __slots__ = ("_counter", "_most", "_retire")

    def __init__(self, most: int, retire: Callable[[str], object]) -> None:
        self._counter = count(1)  # next() is one step for all threads
        self._most = most
        self._retire = retire

    def __call__(self, ticket: Ticket, outcome: Outcome) -> None:
        if next(self._counter) == self._most:
            self._retire(f"it has answered {self._most} requests (--max-requests)")


class MemoryLimit:
    """A check of the watchdog. megabytes: as --max-memory has it."""

    def __init__(self, megabytes: int, resident: Callable[[], int], retire: Callable[[str], object]) -> None:
        self._megabytes = megabytes
        self._resident = resident
        self._retire = retire

    def __call__(self, now: float) -> None:
        held = self._resident()
        if held > self._megabytes * MEGABYTE:
            self._retire(f"it holds {held // MEGABYTE} MB of memory (--max-memory {self._megabytes})")
