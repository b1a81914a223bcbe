"""Deployments that wait for the one that runs: push events, which nobody sends again. Of those of one branch
the newest brings all that the others would, so it alone is made.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from webstead.errors import WebsteadError
from webstead.site.deploy.lock import Cancelled

__all__ = ["ServerEnds", "Superseded", "Waiter", "Waiting"]


class Superseded(WebsteadError):
    """A newer one of the same branch waits, too."""

    exit_code = 2
    http_status = 409
    kind = "superseded"

    def __init__(self, newer: str) -> None:
        super().__init__(
            "A newer push event of this branch came while this one waited.",
            found=f"The newer one is {newer}.",
            fix="There is nothing to do: what this one would have brought comes with the newer one.",
        )


class ServerEnds(Exception):
    """It goes on to wait when the next server starts: nobody is told of a failure."""


@dataclass(slots=True, eq=False)
class Waiter:
    """deployment: the id that its client was told. reserved: of the temporary deployment that stands for it.
    branch: with its repository. given_up: why it waits no longer."""

    site: str
    branch: str
    deployment: str
    reserved: str
    given_up: WebsteadError | ServerEnds | None = None
    _woken: threading.Event = field(default_factory=threading.Event)

    def give_up(self, why: WebsteadError | ServerEnds) -> None:
        self.given_up = why
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Raises Cancelled, Superseded, ServerEnds: at once, when it is given up meanwhile."""
        self._woken.wait(seconds)
        if self.given_up is not None:
            raise self.given_up


class Waiting:
    """Those that wait now, of all sites. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: list[Waiter] = []

    def join(self, waiter: Waiter) -> None:
        """From here on it can be found; those of its branch that wait already are given up for it."""
        with self._lock:
            for older in self._of(waiter.site):
                if older.branch == waiter.branch:
                    older.give_up(Superseded(waiter.deployment))
            self._waiters.append(waiter)

    def leave(self, waiter: Waiter) -> None:
        """It has begun, or will never."""
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def find(self, site: str, deployment: str) -> Waiter | None:
        """By either of its ids."""
        with self._lock:
            return self._named(site, deployment)

    def cancel(self, site: str, deployment: str, by: str) -> bool:
        """False for one that does not wait. What has left is not given up any more."""
        with self._lock:
            waiter = self._named(site, deployment)
            if waiter is not None:
                waiter.give_up(Cancelled(by))
        return waiter is not None

    def end(self) -> None:
        """The server ends: nobody's turn comes any more."""
        with self._lock:
            for waiter in self._waiters:
                if waiter.given_up is None:
                    waiter.give_up(ServerEnds())

    def _named(self, site: str, deployment: str) -> Waiter | None:
        known = self._of(site)
        return next((each for each in known if deployment in (each.deployment, each.reserved)), None)

    def _of(self, site: str) -> Iterator[Waiter]:
        return (each for each in self._waiters if each.site == site)
