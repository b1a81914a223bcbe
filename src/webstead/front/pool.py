"""The connections to one pool's instances: kept, reused, bounded; a request goes to the instance with the
fewest. What the site's policies say of instances is seen here, and told to the supervisor."""

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
from webstead.front.member import Member, Teller
from webstead.front.patience import IdleWatch, Patience
from webstead.front.taken import until_taken
from webstead.front.upstream import GivenUp, Upstream
from webstead.policies import Policies
from webstead.site_table import FailureText, PoolEntry, Why

__all__ = ["Pool", "Unavailable"]

_RETRY_SECONDS = 0.1
_PROXY_ERROR = 3  # IIS's 502.3: the process was asked, and gave no answer
_REVIVAL_SECONDS = 0.25  # the supervisor answers within a millisecond; what it starts is waited for elsewhere
_NOT_RUNNING = FailureText(
    503, "The app is not running at the moment. Try again shortly.", found="no instance accepts connections"
)
_STARTING = FailureText(503, "The app is starting. Try again shortly.")
_LOST = "The app did not answer as it should."
_LOOK = "look at the app's output: it stopped or failed while it answered this request"
_BUSY = "The site is too busy. Try again shortly."
_MORE = "start more instances with --workers, or more threads with --threads"


class Unavailable(Exception):
    """No instance takes the request, and why."""

    def __init__(self, failure: FailureText) -> None:
        super().__init__(failure.what)
        self.failure = failure


class Pool:
    """One pool of the site table. `update` follows a new table; connections to instances that left are let
    go. leaving: those that still have requests, by address."""

    def __init__(self, entry: PoolEntry, loop: asyncio.AbstractEventLoop, teller: Teller) -> None:
        self._loop = loop
        self._teller = teller
        self.leaving: dict[str, Member] = {}
        self._patience: Patience | None = None
        self._idle_watch: IdleWatch | None = None
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
        self._follow(entry.policies)
        self.update(entry)

    def update(self, entry: PoolEntry) -> None:
        if entry.policies != self.entry.policies:
            self._follow(entry.policies)
        self.entry = entry
        self._most = entry.at_once or CONNECTIONS_PER_ENDPOINT
        self._asked = False
        for address in set(self._members) - {endpoint.address for endpoint in entry.endpoints}:
            self._dismiss(self._members[address])
        for endpoint in entry.endpoints:
            if endpoint.address not in self._members:
                self._members[endpoint.address] = Member(endpoint.address, endpoint.name, self._loop.time())
        self._choose()
        self._changed.set()
        self._changed = asyncio.Event()
        while self._waiting:
            self._admit_one()

    @property
    def second_chance(self) -> bool:
        """Whether a request whose new connection closed unanswered may be sent to another instance: of a
        program that ended meanwhile."""
        return not self.entry.keeps

    def _follow(self, policies: Policies) -> None:
        """What is running goes on as it began."""
        self._queue = QUEUE if policies.queue is None else int(policies.queue.value)
        self._spent = 0 if policies.requests is None else int(policies.requests.value)
        if self._patience is not None:
            self._patience.close()
        self._patience = Patience.of(self._loop, policies)
        if self._idle_watch is not None:
            self._idle_watch.close()
        self._idle_watch = None
        if policies.idle is not None:
            self._idle_watch = IdleWatch(
                *(self._loop, policies.idle.value),
                members=lambda: self._members.values(),
                tell=lambda member: self._retire(member, "idle"),
            )

    def _choose(self) -> None:
        self._only = next(iter(self._members.values())) if len(self._members) == 1 else None

    def _dismiss(self, member: Member) -> None:
        """No new requests for it."""
        del self._members[member.address]
        member.close_idle()
        self.leaving[member.address] = member
        self._settle(member)

    def _settle(self, member: Member) -> None:
        """The member has a request less."""
        if member.load:
            return
        member.quiet_since = self._loop.time()
        if self.leaving.get(member.address) is member:
            del self.leaving[member.address]
            self._teller.left(member.address)

    def _retire(self, member: Member, why: Why) -> None:
        """The supervisor is told that this instance is to end."""
        self._teller.retire(self.entry.pool, member.address, why)
        hangs = why not in ("idle", "requests") and self.entry.at_once == 1
        if hangs and self._serves(member):
            self._dismiss(member)
            self._choose()

    def close(self) -> None:
        """The pool left the table: requests that wait are told, running ones end by themselves."""
        self.update(PoolEntry(self.entry.pool, self.entry.protocol, "failed", (), _NOT_RUNNING))

    def loss(self, found: str) -> Exception:
        """What an instance that broke off without an answer means: Unavailable when none lives any more."""
        if self.entry.status == "failed" and self.entry.failure is not None:
            return Unavailable(self.entry.failure)
        sub_status = _PROXY_ERROR if self.entry.protocol == "http" else 0
        return GivenUp(FailureText(502, _LOST, found, _LOOK, sub_status=sub_status))

    def _ask(self) -> bool:
        """Tell the supervisor that instances are wanted: once, until the table changes."""
        first, self._asked = not self._asked, True
        if first:
            self._teller.wanted(self.entry.pool)
        return first

    async def revive(self) -> None:
        """Ask for another attempt at a pool that failed. Returns when the table changed, or the supervisor
        had time enough to say that it starts it."""
        if self._ask():
            await self._wait_for_change(self._loop.time() + _REVIVAL_SECONDS)

    def take(self) -> Upstream | None:
        """An idle connection at the least loaded instance, without waiting; None where there is none."""
        if self._waiting:
            return None
        member = self._least_loaded()
        if member is None or not member.idle or member.requests >= self._most:
            return None
        return self._idle_of(member)

    async def acquire(self) -> Upstream:
        """A connection, after waiting for one as long as that makes sense. Raises Unavailable."""
        began = self._loop.time()
        waited = False
        while True:
            member = await self._member(began)
            if member.requests >= self._most:
                await self._wait_in_queue(first=waited)
                waited = True
                began = self._loop.time()
                continue
            upstream = self._idle_of(member) or await self._open(member)
            if upstream is not None:
                return upstream
            if self._serves(member):
                await self._wait_for_change(min(self._deadline(began), self._loop.time() + _RETRY_SECONDS))

    async def _member(self, began: float) -> Member:
        """The least loaded instance, once there is one. began: of the waiting. Raises Unavailable."""
        while True:
            self._check(began)
            member = self._least_loaded()
            if member is not None:
                return member
            if self.entry.status == "dormant":
                self._ask()
            await self._wait_for_change(self._deadline(began))

    def spare(self, upstream: Upstream) -> None:
        """No request is in flight on the connection: it carries a WebSocket, or its client is slow to take
        the answer. It counts in the load."""
        upstream.spared = True
        member = self._home[upstream]
        member.busy -= 1
        member.sessions += 1
        if self._patience is not None:
            self._patience.end(upstream)
        if self._waiting:
            self._admit_one()

    def release(self, upstream: Upstream) -> None:
        """The request is over; the connection is kept if it can serve another."""
        member = self._home.pop(upstream)
        if self._patience is not None:
            self._patience.end(upstream)
        if self._spent:
            self._count(member)
        ends = upstream.verdict is not None and upstream.verdict.why is not None
        if not (upstream.ended or self.entry.keeps or ends):
            upstream.abort()
            self._returning.add(returning := self._loop.create_task(self._returned(member)))
            returning.add_done_callback(self._returning.discard)
            return
        if upstream.spared:
            member.sessions -= 1
        else:
            member.busy -= 1
        if upstream.verdict is not None and upstream.verdict.why is not None:
            self._retire(member, upstream.verdict.why)
        kept = upstream.reusable and not upstream.lost and self.entry.keeps
        if kept and self._serves(member):
            upstream.idle_since = self._loop.time() if self._expires else 0.0
            member.idle.append(upstream)
        else:
            upstream.abort()
        if self._idle_watch is not None or self.leaving:
            self._settle(member)
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
            self._settle(member)
            self._admit_one()

    def _count(self, member: Member) -> None:
        """One more request. Told again after as many more, should the successor not have started."""
        member.served += 1
        if member.served % self._spent == 0:
            self._retire(member, "requests")

    def _deadline(self, began: float) -> float:
        """A restart is short; a first start, or one because of this request, may take its time."""
        extra = self.entry.startup_seconds if self.entry.status in ("dormant", "starting") else 0.0
        return began + TABLE_WAIT_SECONDS + extra

    def _check(self, began: float) -> None:
        entry = self.entry
        if entry.status == "failed":
            raise Unavailable(entry.failure or _NOT_RUNNING)
        if self._loop.time() >= self._deadline(began):
            starts = entry.status in ("starting", "dormant")
            raise Unavailable(entry.failure or (_STARTING if starts else _NOT_RUNNING))

    def _serves(self, member: Member) -> bool:
        return self._members.get(member.address) is member

    def _least_loaded(self) -> Member | None:
        if self._only is not None:
            return self._only
        return min(self._members.values(), key=lambda member: (member.load, member.turn), default=None)

    def _idle_of(self, member: Member) -> Upstream | None:
        idle, expires = member.idle, self._expires
        oldest = self._loop.time() - IDLE_HTTP_SECONDS if expires and idle else 0.0
        while idle:
            upstream = idle.pop()
            if not upstream.lost and upstream.idle_since >= oldest:
                return self._given(upstream, member)
            upstream.abort()
        return None

    def _given(self, upstream: Upstream, member: Member) -> Upstream:
        member.busy += 1
        self._turn += 1
        member.turn = self._turn  # of equals, the one whose turn is longest ago comes next
        self._home[upstream] = member
        if self._patience is not None:
            self._patience.begin(upstream)
        return upstream

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
            self._settle(member)
        if not self._serves(member):  # it is leaving, and was told to have no request
            upstream.abort()
            return None
        return self._given(upstream, member)

    async def _connect(self, member: Member) -> Upstream:
        def make() -> Upstream:
            return Upstream(self._loop, member.name)

        target = split_address(member.address)
        if isinstance(target, str):
            return (await self._loop.create_unix_connection(make, target))[1]
        return (await self._loop.create_connection(make, *target))[1]

    def _full(self) -> Unavailable:
        written = self.entry.policies.queue
        found = f"{self._queue} requests already wait for an instance"
        found += "" if written is None else f": {written}"
        return Unavailable(FailureText(503, _BUSY, found, _MORE))

    async def _wait_in_queue(self, first: bool) -> None:
        """first: its turn had come before, and another was quicker."""
        if self.entry.dormant:
            self._ask()
        if len(self._waiting) >= self._queue and not first:
            raise self._full()
        turn: asyncio.Future[None] = self._loop.create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await turn
        except TimeoutError:
            raise self._full() from None
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
