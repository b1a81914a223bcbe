"""The connections to one pool's instances: kept, reused, bounded; a request goes to the instance with the
fewest."""

from __future__ import annotations

import asyncio
from collections import deque

from webstead.front.address import split_address
from webstead.front.limits import (
    CONNECT_SECONDS,
    CONNECTIONS_PER_ENDPOINT,
    IDLE_HTTP_SECONDS,
    QUEUE,
    QUEUE_SECONDS,
    RETURN_SECONDS,
    TABLE_WAIT_SECONDS,
)
from webstead.front.taken import until_taken
from webstead.front.upstream import Upstream
from webstead.site_table import FailureText, PoolEntry

__all__ = ["Pool", "Unavailable"]

_RETRY_SECONDS = 0.1
_REVIVAL_SECONDS = 0.25  # the supervisor answers within a millisecond; what it starts is waited for elsewhere
_NOT_RUNNING = FailureText(
    503, "The app is not running at the moment. Try again shortly.", found="no instance accepts connections"
)
_STARTING = FailureText(503, "The app is starting. Try again shortly.")
_FULL = FailureText(
    503,
    "The site is too busy. Try again shortly.",
    found=f"{QUEUE} requests already wait for an instance",
    fix="start more instances with --workers, or more threads with --threads",
)


class Unavailable(Exception):
    """No instance takes the request, and why."""

    def __init__(self, failure: FailureText) -> None:
        super().__init__(failure.what)
        self.failure = failure


class Member:
    """One instance as the front sees it. Its connections are idle (newest last) or busy."""

    __slots__ = ("address", "busy", "idle", "name", "opening", "sessions", "turn")

    def __init__(self, address: str, name: str) -> None:
        self.address = address
        self.name = name
        self.idle: list[Upstream] = []
        self.busy = 0
        self.opening = 0
        self.sessions = 0
        self.turn = 0

    @property
    def load(self) -> int:
        return self.busy + self.opening + self.sessions

    def close_idle(self) -> None:
        while self.idle:
            self.idle.pop().abort()


class Pool:
    """One pool of the site table. `update` follows a new table; connections to instances that left are let
    go."""

    def __init__(self, entry: PoolEntry, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._members: dict[str, Member] = {}
        self._only: Member | None = None
        self._turn = 0
        self._asked = False
        self._home: dict[Upstream, Member] = {}
        self._returning: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._changed: asyncio.Event = asyncio.Event()
        self._expires = entry.protocol == "http"
        self._most = CONNECTIONS_PER_ENDPOINT
        self.entry = entry
        self.update(entry)

    def update(self, entry: PoolEntry) -> None:
        self.entry = entry
        self._most = entry.at_once or CONNECTIONS_PER_ENDPOINT
        self._asked = False
        for address in set(self._members) - {endpoint.address for endpoint in entry.endpoints}:
            self._members.pop(address).close_idle()
        for endpoint in entry.endpoints:
            if endpoint.address not in self._members:
                self._members[endpoint.address] = Member(endpoint.address, endpoint.name)
        self._only = next(iter(self._members.values())) if len(self._members) == 1 else None
        self._changed.set()
        self._changed = asyncio.Event()
        while self._waiting:
            self._admit_one()

    @property
    def second_chance(self) -> bool:
        """Whether a request whose new connection closed unanswered may be sent to another instance: of a
        program that ended meanwhile."""
        return not self.entry.keeps

    def close(self) -> None:
        """The pool left the table: requests that wait are told, running ones end by themselves."""
        self.update(PoolEntry(self.entry.pool, self.entry.protocol, "failed", (), _NOT_RUNNING))

    def ask_once(self) -> bool:
        """True for the first request to a failed pool since it failed: the supervisor is to be told of it."""
        first, self._asked = not self._asked, True
        return first

    async def revived(self) -> None:
        """Returns when the table changed, or the supervisor had time enough to say that it starts it."""
        await self._wait_for_change(self._loop.time() + _REVIVAL_SECONDS)

    def take(self) -> Upstream | None:
        """An idle connection at the least loaded instance, without waiting; None where there is none."""
        if self._waiting:
            return None
        member = self._least_loaded()
        return self._idle_of(member) if member is not None and member.idle else None

    async def acquire(self) -> Upstream:
        """A connection, after waiting for one as long as that makes sense. Raises Unavailable."""
        deadline = self._loop.time() + TABLE_WAIT_SECONDS
        waited = False
        while True:
            self._check(deadline)
            if self._waiting_needed():
                await self._wait_in_queue(first=waited)
                waited = True
                deadline = self._loop.time() + TABLE_WAIT_SECONDS
                continue
            member = self._least_loaded()
            if member is None:
                await self._wait_for_change(deadline)
                continue
            upstream = self._idle_of(member) or await self._open(member)
            if upstream is not None and self._serves(member):
                return upstream
            if upstream is not None:  # a table came while we connected: nobody may accept it there any more
                self.release(upstream)
                continue
            await self._wait_for_change(min(deadline, self._loop.time() + _RETRY_SECONDS))

    def upgraded(self, upstream: Upstream) -> None:
        """The connection carries a WebSocket: it is no request in flight, but counts in the load."""
        member = self._home[upstream]
        member.busy -= 1
        member.sessions += 1
        if self._waiting:
            self._admit_one()

    def release(self, upstream: Upstream) -> None:
        """The request is over; the connection is kept if it can serve another."""
        member = self._home.pop(upstream)
        if not (upstream.ended or self.entry.keeps):
            upstream.abort()
            self._returning.add(returning := self._loop.create_task(self._returned(member)))
            returning.add_done_callback(self._returning.discard)
            return
        if upstream.upgraded:
            member.sessions -= 1
        else:
            member.busy -= 1
        kept = upstream.reusable and not upstream.lost and self.entry.keeps
        if kept and self._serves(member):
            upstream.idle_since = self._loop.time() if self._expires else 0.0
            member.idle.append(upstream)
        else:
            upstream.abort()
        if self._waiting:
            self._admit_one()

    async def _returned(self, member: Member) -> None:
        """Whoever was left in the midst of a request may go on with it, and its program takes no other
        meanwhile: it counts as busy until it takes a connection again."""
        try:
            async with asyncio.timeout(RETURN_SECONDS):
                await until_taken(member.address)
        except OSError:  # TimeoutError is one
            pass
        finally:
            member.busy -= 1
            self._admit_one()

    def _check(self, deadline: float) -> None:
        entry = self.entry
        if entry.status == "failed":
            raise Unavailable(entry.failure or _NOT_RUNNING)
        if self._loop.time() >= deadline:
            raise Unavailable(entry.failure or (_STARTING if entry.status == "starting" else _NOT_RUNNING))

    def _serves(self, member: Member) -> bool:
        return self._members.get(member.address) is member

    def _least_loaded(self) -> Member | None:
        if self._only is not None:
            return self._only
        member = min(self._members.values(), key=lambda member: (member.load, member.turn), default=None)
        if member is not None:  # of equals, the one whose turn is longest ago
            self._turn += 1
            member.turn = self._turn
        return member

    def _idle_of(self, member: Member) -> Upstream | None:
        idle, expires = member.idle, self._expires
        oldest = self._loop.time() - IDLE_HTTP_SECONDS if expires and idle else 0.0
        while idle:
            upstream = idle.pop()
            if not upstream.lost and upstream.idle_since >= oldest:
                member.busy += 1
                self._home[upstream] = member
                return upstream
            upstream.abort()
        return None

    async def _open(self, member: Member) -> Upstream | None:
        """A new connection; None when the instance takes none now."""
        member.opening += 1
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                upstream = await self._connect(member)
        except OSError:  # TimeoutError is one
            self._admit_one()
            return None
        finally:
            member.opening -= 1
        member.busy += 1
        self._home[upstream] = member
        return upstream

    async def _connect(self, member: Member) -> Upstream:
        def make() -> Upstream:
            return Upstream(self._loop, member.name)

        target = split_address(member.address)
        if isinstance(target, str):
            return (await self._loop.create_unix_connection(make, target))[1]
        return (await self._loop.create_connection(make, *target))[1]

    def _waiting_needed(self) -> bool:
        member = self._least_loaded()
        return member is not None and member.busy + member.opening >= self._most

    async def _wait_in_queue(self, first: bool) -> None:
        """first: its turn had come before, and another was quicker."""
        if len(self._waiting) >= QUEUE:
            raise Unavailable(_FULL)
        turn: asyncio.Future[None] = self._loop.create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await turn
        except TimeoutError:
            raise Unavailable(_FULL) from None
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _admit_one(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _wait_for_change(self, until: float) -> None:
        changed = self._changed
        try:
            async with asyncio.timeout_at(until):
                await changed.wait()
        except TimeoutError:
            return
