"""A thread that looks once a second whether this process is still worth having. Started only when an option
asks for it.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Event, Thread
from time import monotonic
from typing import Callable

from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Ticket, request_name
from webstead.gateway.processes.stacks import stack_text

__all__ = ["SECONDS_BETWEEN", "Check", "RequestTimeLimit", "Watchdog"]

SECONDS_BETWEEN = 1.0

Check = Callable[[float], None]
"""Gets the time; asks for what it finds necessary."""


class Watchdog:
    """checks are called each second, in their order, until stop()."""

    def __init__(
        self,
        checks: Collection[Check],
        log: Log,
        clock: Callable[[], float] = monotonic,
        seconds: float = SECONDS_BETWEEN,
    ) -> None:
        self._checks = checks
        self._log = log
        self._clock = clock
        self._seconds = seconds
        self._stopped = Event()

    def start(self) -> None:
        Thread(target=self._run, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            self.look()

    def look(self) -> None:
        """One round."""
        now = self._clock()
        for check in self._checks:
            self._try(check, now)

    def _try(self, check: Check, now: float) -> None:
        try:
            check(now)
        except OSError as error:  # /proc, a socket: what one check cannot do stops no other
            self._log.line(f"warning: the watchdog cannot look: {error}")


class RequestTimeLimit:
    """A request beyond its time: its stack goes to the log, its connection is cut, so that the web server can
    tell the client, and the process retires, since nothing can end the thread. Once for each request.
    """

    def __init__(
        self, active: Collection[Ticket], seconds: float, log: Log, retire: Callable[[str], object]
    ) -> None:
        self._active = active
        self._seconds = seconds
        self._log = log
        self._retire = retire
        self._told: set[Ticket] = set()

    def __call__(self, now: float) -> None:
        running = _snapshot(self._active)
        self._told.intersection_update(running)
        for request in running:
            if now - request.began >= self._seconds and request not in self._told:
                self._told.add(request)
                self._over(request, now - request.began)

    def _over(self, request: Ticket, age: float) -> None:
        stack = stack_text(request.thread, request.task)
        if request not in self._active:  # it ended while we looked: the connection may serve the next one
            return
        request.cut()
        limit = f"--request-timeout {self._seconds:g}"
        name = request_name(request.params)
        self._log.line(
            f"{name}: has run for {age:.1f} s ({limit}); its connection was cut. It is at\n{stack}"
        )
        self._retire(f"a request has run for {age:.1f} s ({limit})")


def _snapshot(active: Collection[Ticket]) -> tuple[Ticket, ...]:
    """Other threads add and remove. Where that is seen as a change during the copy, it is made again."""
    while True:
        try:
            return tuple(active)
        except RuntimeError:  # noqa: PERF203 (rare)
            continue
