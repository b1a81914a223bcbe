"""One instance of a pool as the front sees it, and what the supervisor is told of it."""

from __future__ import annotations

from typing import Protocol

from webstead.front.upstream import Upstream
from webstead.site_table import Why

__all__ = ["Member", "Teller"]


class Teller(Protocol):
    """Who tells the supervisor. pool: its key."""

    def wanted(self, pool: str) -> None:
        """There is no instance for a request, or too few."""

    def retire(self, pool: str, address: str, why: Why) -> None:
        """The instance of that address is to end."""

    def left(self, address: str) -> None:
        """An instance that is no longer in the table has answered all that it had."""


class Member:
    """Its connections are idle (newest last) or busy. served: requests that it has answered. quiet_since:
    when it had its last."""

    __slots__ = ("address", "busy", "idle", "name", "opening", "quiet_since", "served", "sessions", "turn")

    def __init__(self, address: str, name: str, now: float) -> None:
        self.address = address
        self.name = name
        self.idle: list[Upstream] = []
        self.busy = 0
        self.opening = 0
        self.sessions = 0
        self.turn = 0
        self.served = 0
        self.quiet_since = now

    @property
    def requests(self) -> int:
        """In flight."""
        return self.busy + self.opening

    @property
    def load(self) -> int:
        return self.busy + self.opening + self.sessions

    def close_idle(self) -> None:
        while self.idle:
            self.idle.pop().abort()
