"""Leader and followers: which of the threads polls.

One thread leads: it polls, and runs the app itself for each request that it completes. A hand-off for every
request would cost more than most requests, so while it runs the app it leaves the lead on a table (`_table`),
and mostly finds it there again. Two things keep the polling alive when it does not come back at once:

- *late*: one follower stands by. It looks at the table once a TICK, and takes the lead when the leader is
still in the
  request of the tick before. While nothing at all happens it sleeps without waking up, until the leader
  rings.
- *eager*: when requests are known to take long (a moving average above SLOW), the leader leaves the lead, and
rings, before it reads the request.

The other followers queue for the stand-by's seat. Taking from the table is one `list.pop`, which only one
thread wins.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import Callable, TypeVar

from webstead.gateway.engine.connection import Connection
from webstead.gateway.engine.poller import MAX_READY

__all__ = ["SLOW", "TICK", "Crew"]

Some = TypeVar("Some", bound=Connection)
What = TypeVar("What")

TICK = 0.002
"""Seconds between two looks at the table. An unexpectedly slow request stops the polling for one to two
ticks.
"""

SLOW = 0.001
"""Seconds of an average request from which on the lead is handed over beforehand; a hand-over takes some 20
to 50 µs.
"""

_WEIGHT = 0.125
"""Of the newest request in the moving average, as in TCP's round-trip estimate (RFC 6298)."""


class Crew:
    """on_take: called with the connection that the former leader still serves, before the new leader
    polls.
    """

    def __init__(self, on_take: Callable[[Connection], None]) -> None:
        self._on_take = on_take
        self._table: list[Connection] = []
        self._taking = Lock()
        self._seat = Lock()  # held by the stand-by
        self._bell = Lock()  # held, but for the moment between a ring and the waking
        self._bell.acquire()
        self._asleep = False
        self._eager = False
        self._serial = 0
        self._average = 0.0
        self._over = False

    @property
    def eager(self) -> bool:
        """Whether requests are known to take long. Then a leader asks for one socket, and leaves the lead
        before it even reads: whoever has just finished finds it, and need not be woken."""
        return self._eager

    @property
    def at_once(self) -> int:
        """How many sockets a leader should ask for."""
        return 1 if self._eager else MAX_READY

    def run(self, serve: Callable[[Some, What], None], connection: Some, what: What) -> bool:
        """Serve, as the leader, leaving the lead on the table meanwhile. Returns whether the caller still
        leads.
        """
        self._serial += 1
        began = monotonic()
        self._table.append(connection)
        if self._asleep or self._eager:
            self._ring()
        serve(connection, what)
        self._average += (monotonic() - began - self._average) * _WEIGHT
        self._eager = self._average > SLOW
        try:
            self._table.remove(
                connection
            )  # its own, by identity: another leader may have put down the lead meanwhile
        except ValueError:
            with self._taking:  # the new leader may be about to take the connection out of its poller: let it
                return False
        return True

    def follow(self) -> bool:
        """Wait for the lead. Returns False when the work is over."""
        with self._seat:
            seen = -1
            while not self._over:
                serial = self._serial
                if self._table and (serial == seen or self._eager) and self._take():
                    return True
                busy = bool(self._table) or serial != seen
                seen = serial
                self._pause(busy)
        return False

    def finish(self) -> None:
        """Let all followers go home."""
        self._over = True
        self._ring()

    def _take(self) -> bool:
        with self._taking:
            try:
                connection = self._table.pop()
            except IndexError:
                return False
            self._on_take(connection)
        return True

    def _pause(self, busy: bool) -> None:
        if not busy:
            self._asleep = True
            busy = (
                bool(self._table) or self._over
            )  # a leader that did not see us asleep has left something here
        self._bell.acquire(timeout=TICK if busy else -1)
        self._asleep = False

    def _ring(self) -> None:
        try:
            self._bell.release()
        except RuntimeError:  # it has been rung already
            return
