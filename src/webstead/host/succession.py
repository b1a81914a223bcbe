"""How what serves a site is followed by what is to serve it: the new starts beside the old and takes over
when it answers.

There are two ways, which do not wait for each other. A *change* (`replace`) brings other launches or files,
all of it or nothing; a newer change takes the place of one that has not come to its end. A *renewal*
(`recycle`) brings new instances of launches that stay, each pool by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from webstead.errors import WebsteadError
from webstead.events import GOES_ON, Draining, Emit, Failed
from webstead.host.generation import Generation
from webstead.host.launch import Launch, asked_port
from webstead.host.pool import Pool
from webstead.host.slot import GRACE_SECONDS
from webstead.site_table import SiteFiles

__all__ = ["Stage", "Succession"]

T = TypeVar("T")

RELOAD_GRACE_SECONDS = 30.0
"""For the requests that old instances still run after a reload. gunicorn's graceful_timeout is 30 s too."""

QUIET_SECONDS = 2.0
"""For running requests of a platform process before its SIGTERM at a reload, since many apps drop them then.
Short: an open WebSocket would keep the old code for as long."""

_NOTHING = SiteFiles("", ())

_TOLD_AFTER_SECONDS = 0.5
"""Most requests are over by then, and nobody needs to hear of it."""


class Stage(Protocol):
    """Where generations are served from."""

    async def serve(self, by_result: bool | None) -> None:
        """Returns when the front asks only the current generation's instances. by_result: whether it is
        ready, when that is told by who asked for the change."""
        ...


@dataclass(slots=True)
class _Change:
    """One under way. coming: the pools of its generation that do not serve yet. superseded: a newer one has
    taken its place, with what it needs of them."""

    generation: Generation
    coming: tuple[Pool, ...]
    superseded: asyncio.Event = field(default_factory=asyncio.Event)


class Succession:
    """current, files: what is served; None before anything is."""

    def __init__(self, make: Callable[[Launch], Pool], stage: Stage, emit: Emit) -> None:
        self.current: Generation | None = None
        self.files = _NOTHING
        self._make = make
        self._stage = stage
        self._emit = emit
        self._pools: set[Pool] = set()
        self._change: _Change | None = None
        self._recycling = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    def begin(self, generation: Generation, files: SiteFiles) -> None:
        """What is served first, whether it answers or not."""
        self.current, self.files = generation, files
        generation.start()

    def first(self, launches: Sequence[Launch]) -> Generation:
        return Generation([self._pool(launch) for launch in launches])

    async def replace(
        self, launches: Sequence[Launch], files: SiteFiles, renew: Collection[str] | None, *, whole: bool
    ) -> WebsteadError | None:
        """As `HostedSite.replace` says."""
        if self.files.offline is not None and files.offline is None:
            return await self._come_back(launches, files, whole)
        left = await self._make_room(launches, renew)
        kept = None if whole else self._kept(launches)
        if kept is not None:
            await self.serve(kept, files)
        change = self._begin(launches, renew)
        try:
            error = await self._perform(change, files, whole)
            if error is not None and whole:
                await self._bring_back(left)
            return error
        except asyncio.CancelledError:
            if self._change is change:
                await self._end(change.coming, GRACE_SECONDS)
            raise
        finally:
            if self._change is change:
                self._change = None

    async def recycle(self, keys: Collection[str]) -> WebsteadError | None:
        """As `HostedSite.recycle` says."""
        async with self._recycling:
            pools = self.current.of(keys) if self.current else ()
            errors = await asyncio.gather(*(self._renew(pool) for pool in pools))
        return next((error for error in errors if error), None)

    async def serve(self, generation: Generation, files: SiteFiles, *, by_result: bool | None = None) -> None:
        """From the next request on; pools that are no longer served end when they have answered."""
        old = self.current or Generation(())
        if old.same_as(generation) and files == self.files:
            return
        self.current, self.files = generation, files
        await self._stage.serve(by_result)
        gone = [pool for pool in old.pools if pool not in generation.pools]
        if gone:
            self._later(self._retire(gone))

    async def stop(self) -> None:
        """Returns when nothing runs."""
        await self._end(tuple(self._pools), GRACE_SECONDS)
        await asyncio.gather(*self._ending)

    async def rest(self) -> None:
        """Serve nothing: what served ends when it has answered."""
        old, self.current = self.current, None
        self.files = _NOTHING
        if old is not None:
            await self._retire(old.pools)

    async def settled(self) -> None:
        """Returns when what was followed by something else has ended."""
        while self._ending:
            await asyncio.gather(*self._ending)

    async def _come_back(
        self, launches: Sequence[Launch], files: SiteFiles, whole: bool
    ) -> WebsteadError | None:
        """Requests wait for what starts: there is nothing else that could answer them."""
        old, page = self.current or Generation(()), self.files
        generation = self.first(launches)
        generation.start()
        await self.serve(generation, files)
        error = await generation.settled()
        if error is not None and whole and self.current is generation:
            await self.serve(old, page)
        return error

    async def _make_room(self, launches: Sequence[Launch], renew: Collection[str] | None) -> list[Pool]:
        """End what stands where something else is to: two processes cannot have one port. Requests wait. What
        has ended."""
        current = self.current or Generation(())
        left = []
        ports = {asked_port(launch) for launch in launches} - {None}
        for pool in current.pools:
            goes_on = renew is not None and pool.key not in renew and _among(pool.launch, launches)
            if asked_port(pool.launch) in ports and not goes_on:
                await pool.leave()
                left.append(pool)
        return left

    async def _bring_back(self, left: Sequence[Pool]) -> None:
        """What has made room, for something that does not start."""
        for pool in left:
            if self.current is not None and pool in self.current.pools:
                new = self._pool(pool.launch)
                new.start()
                await self.serve(self.current.instead(pool, new), self.files)

    def _kept(self, launches: Sequence[Launch]) -> Generation | None:
        """What serves already, when that is all that the launches ask for."""
        current = self.current or Generation(())
        kept = [pool for launch in launches if (pool := current.holder(launch))]
        return Generation(kept) if kept and len(kept) == len(launches) else None

    def _begin(self, launches: Sequence[Launch], renew: Collection[str] | None) -> _Change:
        """The change that takes the place of the one under way."""
        earlier = self._change
        old = self.current or Generation(())
        held = (earlier.generation, old) if earlier else (old,)
        pools = []
        for launch in launches:
            goes_on = renew is not None and launch.process.pool not in renew
            found = [generation.holder(launch) for generation in held] if goes_on else []
            pools.append(next(filter(None, found), None) or self._pool(launch))
        coming = tuple(pool for pool in pools if pool not in old.pools)
        self._change = change = _Change(Generation(pools), coming)
        if earlier is not None:
            earlier.superseded.set()
            self._later(self._end([pool for pool in earlier.coming if pool not in pools], GRACE_SECONDS))
        return change

    async def _perform(self, change: _Change, files: SiteFiles, whole: bool) -> WebsteadError | None:
        coming = Generation(change.coming)
        coming.start()
        error = await _unless(change.superseded, coming.settled())
        if change.superseded.is_set():
            return None
        old = self.current or Generation(())
        if error:
            self._emit(Failed(error.as_json()))
            gone = [pool for pool in old.pools if pool not in change.generation.pools]
            answers = any(pool.entry.status in ("ready", "dormant") for pool in gone)
            if answers:
                self._emit(GOES_ON)
            if answers or whole:
                await self._end(change.coming, GRACE_SECONDS)
                return error
        # A pool that goes on may have been renewed meanwhile.
        pools = [p if p in change.coming else old.holder(p.launch) or p for p in change.generation.pools]
        await self.serve(Generation(pools), files, by_result=error is None)
        return error

    async def _renew(self, old: Pool) -> WebsteadError | None:
        new = self._pool(old.launch)
        await self._make_room([old.launch], None)
        has_left = asked_port(old.launch) is not None
        new.start()
        try:
            error = await new.settled()
            if (error is None or has_left) and self.current and old in self.current.pools:
                await self.serve(self.current.instead(old, new), self.files)
        finally:
            if self.current is None or new not in self.current.pools:
                await self._end([new], GRACE_SECONDS)
        if error:
            self._emit(Failed(error.as_json()))
        if error and not has_left:
            self._emit(GOES_ON)
        return error

    def _pool(self, launch: Launch) -> Pool:
        pool = self._make(launch)
        self._pools.add(pool)
        return pool

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, pools: Sequence[Pool], grace: float) -> None:
        await asyncio.gather(*(pool.stop(grace) for pool in pools))
        self._pools.difference_update(pools)

    async def _retire(self, pools: Sequence[Pool]) -> None:
        """Stop, after the front has turned away: requests that still run have QUIET_SECONDS before
        SIGTERM; those of FastCGI programs, which hold no WebSocket, RELOAD_GRACE_SECONDS."""
        quiet = asyncio.gather(*(pool.quiet(QUIET_SECONDS, RELOAD_GRACE_SECONDS) for pool in pools))
        telling = asyncio.get_running_loop().call_later(_TOLD_AFTER_SECONDS, self._tell_of, pools)
        await quiet
        telling.cancel()
        await self._end(pools, RELOAD_GRACE_SECONDS)

    def _tell_of(self, pools: Sequence[Pool]) -> None:
        self._emit(Draining([pool.key for pool in pools], QUIET_SECONDS))


def _among(launch: Launch, launches: Sequence[Launch]) -> bool:
    return any(launch.starts_the_same(other) for other in launches)


async def _unless(event: asyncio.Event, work: Coroutine[None, None, T]) -> T | None:
    """What the work returns; None when the event comes before."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        waiting.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)
