"""What happened in all processes of this gateway, counted in one piece of shared memory.

It is made before the workers are forked. Each of them writes to a slot of its own, so no two processes ever
count in the same place, and what a process has counted survives it. A number here is the sum over all slots.
"""

from __future__ import annotations

import os
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from mmap import mmap
from threading import Lock
from typing import IO

from webstead.gateway.observe.observation import Outcome, Ticket
from webstead.gateway.observe.prometheus import Family, Sample, exposition, histogram

__all__ = ["DURATION_BUCKETS", "FAULTS", "RECYCLES", "STATUSES", "Metrics", "Slot"]

DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the default buckets of Prometheus' client libraries (DefBuckets)."""

STATUSES = ("none", "1xx", "2xx", "3xx", "4xx", "5xx")
"""none: nothing was sent."""

FAULTS = ("app", "aborted", "cut", "refused", "other")
"""Those of Outcome."""

RECYCLES = ("requests", "memory", "time", "files", "other")
_OVERLAP = 4
"""Slots for each worker: a reload has two generations at once, and those that finish slow requests may be
more.
"""

_OWNER, _STARTS, _ACTIVE, _RECEIVED, _SENT, _NANOSECONDS = range(6)
_STATUS = 6
_DURATION = _STATUS + len(STATUSES)
_FAULT = _DURATION + len(DURATION_BUCKETS) + 1
_RECYCLE = _FAULT + len(FAULTS)
_SIZE = _RECYCLE + len(RECYCLES)
_CELL = 8


class Slot:
    """Where one process counts. began and the slot itself are what an Observation calls, from any thread."""

    __slots__ = ("_cells", "_lock")

    def __init__(self, cells: memoryview) -> None:
        """cells: of type q, in the order of this module."""
        self._cells = cells
        self._lock = Lock()

    def began(self, ticket: Ticket) -> None:
        with self._lock:
            self._cells[_ACTIVE] += 1

    def __call__(self, ticket: Ticket, outcome: Outcome) -> None:
        cells = self._cells
        kind = outcome.status // 100
        with self._lock:
            cells[_ACTIVE] -= 1
            cells[_RECEIVED] += outcome.received
            cells[_SENT] += outcome.sent
            cells[_NANOSECONDS] += int(outcome.seconds * 1e9)
            cells[_STATUS + (kind if 1 <= kind <= 5 else 0)] += 1
            cells[_DURATION + bisect_left(DURATION_BUCKETS, outcome.seconds)] += 1
            if outcome.fault:
                cells[_FAULT + _place(FAULTS, outcome.fault)] += 1

    def recycled(self, kind: str) -> None:
        """This process asks to be replaced, for one of RECYCLES."""
        with self._lock:
            self._cells[_RECYCLE + _place(RECYCLES, kind)] += 1


class Metrics:
    """workers: how many processes serve at once."""

    def __init__(self, workers: int = 1) -> None:
        self._count = _OVERLAP * max(1, workers)
        self._memory = mmap(-1, self._count * _SIZE * _CELL)
        self._cells = memoryview(self._memory).cast("q")
        self._claims: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (kept open)

    def claim(self) -> Slot:
        """A slot for this process, which has just begun to serve (after the fork): one that nobody uses. When
        all are in use the last is shared, and a count may be lost.
        """
        with _one_at_a_time(self._claims):
            numbers = range(self._count)
            free = (number for number in numbers if not _is_running(self._cells[number * _SIZE + _OWNER]))
            cells = self._of(next(free, self._count - 1))
            cells[_OWNER] = os.getpid()
            cells[_ACTIVE] = 0
            cells[_STARTS] += 1
        return Slot(cells)

    def render(self) -> str:
        """All that is counted, in the text format of Prometheus."""
        return exposition(_families(self._totals()))

    def _totals(self) -> list[int]:
        """The sum of each cell over all slots. Requests in progress are those of processes that live."""
        totals = [0] * _SIZE
        for number in range(self._count):
            cells = self._of(number).tolist()
            if cells[_OWNER] and not _is_running(cells[_OWNER]):
                cells[_ACTIVE] = 0
            totals = [total + cell for total, cell in zip(totals, cells)]
        return totals

    def _of(self, number: int) -> memoryview:
        return self._cells[number * _SIZE : (number + 1) * _SIZE]

    def close(self) -> None:
        """When nobody claims any more. Slots and numbers stay."""
        self._claims.close()


if sys.platform == "win32":  # no fork, so one process

    @contextmanager
    def _one_at_a_time(file: IO[bytes]) -> Iterator[None]:
        yield

    def _is_running(owner: int) -> bool:
        return owner == os.getpid()

else:
    import fcntl

    @contextmanager
    def _one_at_a_time(file: IO[bytes]) -> Iterator[None]:
        """A lock of the process's own: it goes with it when it dies."""
        fcntl.lockf(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(file, fcntl.LOCK_UN)

    def _is_running(owner: int) -> bool:
        if not owner:
            return False
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def _place(kinds: Sequence[str], kind: str) -> int:
    return kinds.index(kind) if kind in kinds else len(kinds) - 1


def _families(totals: Sequence[int]) -> list[Family]:
    durations = totals[_DURATION : _DURATION + len(DURATION_BUCKETS) + 1]
    return [
        _counters("requests", "Requests answered, by status class.", "status", STATUSES, totals[_STATUS:]),
        Family(
            "webstead_gateway_requests_active",
            "gauge",
            "Requests in progress.",
            [Sample(max(0, totals[_ACTIVE]))],
        ),
        Family(
            "webstead_gateway_request_duration_seconds",
            "histogram",
            "Seconds from a request's parameters to the end of its response.",
            histogram(DURATION_BUCKETS, durations, totals[_NANOSECONDS] / 1e9),
        ),
        _counter("received_bytes", "Bytes of request bodies.", totals[_RECEIVED]),
        _counter("sent_bytes", "Bytes of response bodies.", totals[_SENT]),
        _counters("errors", "Requests that ended badly, by kind.", "kind", FAULTS, totals[_FAULT:]),
        _counters("recycles", "Processes to be replaced, by reason.", "reason", RECYCLES, totals[_RECYCLE:]),
        _counter("worker_starts", "Processes that began to serve.", totals[_STARTS]),
    ]


def _counter(name: str, doc: str, value: int) -> Family:
    return Family(f"webstead_gateway_{name}_total", "counter", doc, [Sample(value)])


def _counters(name: str, doc: str, label: str, kinds: Sequence[str], values: Sequence[int]) -> Family:
    samples = [Sample(value, ((label, kind),)) for kind, value in zip(kinds, values)]
    return Family(f"webstead_gateway_{name}_total", "counter", doc, samples)
