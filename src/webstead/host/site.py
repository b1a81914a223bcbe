"""One site of a supervisor: its instances, what succeeds them, and the table that the front has of it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from webstead.errors import HostError, WebsteadError
from webstead.events import GOES_ON, Emit, NotReady, Ready
from webstead.host.confinement import Confinement
from webstead.host.generation import Failing, Generation
from webstead.host.instance import Lifeline
from webstead.host.launch import Launch
from webstead.host.policy import Limits
from webstead.host.pool import Pool
from webstead.host.succession import Succession
from webstead.site_table import SiteFiles, SiteTable, Why

__all__ = ["HostedSite", "House"]

_APPLY_SECONDS = 5.0


class SiteDoor(Protocol):
    """The front, as far as sites speak to it."""

    def send(self, site: str, table: SiteTable) -> None: ...

    def forget(self, site: str, revision: int) -> None: ...

    async def serving(self) -> None: ...

    async def applied(self, site: str, revision: int, seconds: float) -> bool: ...

    async def left(self, site: str, address: str, revision: int, seconds: float) -> None: ...


class House(Protocol):
    """What the sites of a supervisor share. sockets: the prefix of the paths of a new pool's sockets."""

    @property
    def front(self) -> SiteDoor: ...

    @property
    def lifeline(self) -> Lifeline: ...

    @property
    def limits(self) -> Limits: ...

    def sockets(self) -> Path: ...


class HostedSite:
    """Runs a site until it is told to rest. One event loop, in a thread that lives as long.

    url: where it is asked, for people. logs: its log folder, where the front writes its access log; None for
    none. emit gets InstanceStarted, InstanceExited, AppOutput and Note;
    NotReady and Ready when that changes by itself (the results of `ready` and `replace` are the caller's to
    tell); and Failed for a reload that does not start.
    """

    def __init__(self, name: str, url: str, house: House, emit: Emit, logs: Path | None = None) -> None:
        self.name = name
        self.url = url
        self._house = house
        self._emit = emit
        self._confinement: Confinement | None = None
        self._logs = "" if logs is None else str(logs)
        self._loop = asyncio.get_running_loop()
        self._revision = 0
        self._succession = Succession(self._pool, self, emit)
        self._shedding: set[asyncio.Task[None]] = set()
        self._told_ready: bool | None = None
        self._told_at = self._loop.time()

    def confine(self, confinement: Confinement) -> None:
        """What holds its processes from the next `start` or `replace` on, whatever their launches say; that
        renews those that are held by something else."""
        self._confinement = confinement

    def _held(self, launches: Sequence[Launch]) -> Sequence[Launch]:
        held = self._confinement
        return launches if held is None else [replace(launch, confinement=held) for launch in launches]

    async def start(self, launches: Sequence[Launch], files: SiteFiles) -> None:
        """Start all instances, without waiting for them: `ready` does. The front has the table then."""
        self._begin(self._succession.first(self._held(launches)), files)

    async def fail(self, error: WebsteadError, files: SiteFiles, pool: str) -> None:
        """There is nothing to start: requests that the files route to the pool are answered with the error,
        until `replace`. Instances that answer go on."""
        failing = Generation((), Failing(pool, error))
        current = self._succession.current
        if current is None:
            self._begin(failing, files)
        elif current.error:
            await self._succession.serve(failing, files)
        else:
            self._emit(GOES_ON)

    def _begin(self, current: Generation, files: SiteFiles) -> None:
        self._succession.begin(current, files)
        self._publish()

    async def ready(self) -> WebsteadError | None:
        """None when every instance has answered its probe and the front serves them; else why the first that
        failed did (the site then answers with that error). Raises HostError when the front does not come
        up."""
        current = self._succession.current
        if current is None:
            raise HostError("The site is not started")
        serving = asyncio.create_task(self._house.front.serving())
        settling = asyncio.create_task(current.settled())
        try:
            await asyncio.wait({serving, settling}, return_when=asyncio.FIRST_EXCEPTION)
            await serving
            error = await settling
        finally:
            serving.cancel()
            settling.cancel()
            await asyncio.gather(serving, settling, return_exceptions=True)
        await self._applied()
        self._told_ready, self._told_at = error is None, self._loop.time()
        return error

    async def replace(
        self,
        launches: Sequence[Launch],
        files: SiteFiles,
        renew: Collection[str] | None = None,
        *,
        whole: bool = False,
    ) -> WebsteadError | None:
        """Serve these files with the instances of these launches, without losing a request. Instances go on
        where their launch has not changed, except those of the pools named in `renew` (None: of all). New
        ones start beside the old and take over when all of them have answered; the old finish what they have
        begun; then None is returned. Where nothing has to start, the files are served at once, also while a
        change that was asked for before is still starting.

        When they do not start, Failed is told and the error returned: the old go on, or, when nothing serves,
        the newer error is shown. whole: what served goes on in any case, though it answers nothing, and
        nothing runs any more of what was to take over. Cancelling it ends the new instances. A later call
        takes the place of one that has not come to its end, with the instances that it has started; the
        earlier then returns None."""
        return await self._succession.replace(self._held(launches), files, renew, whole=whole)

    async def recycle(self, pools: Collection[str]) -> WebsteadError | None:
        """Renew the instances of these pools without losing a request, each pool as soon as its new ones have
        answered. The first error of one whose new instances do not start (Failed is told, the old go on)."""
        return await self._succession.recycle(pools)

    async def settled(self) -> None:
        """Returns when the instances that were followed by others have ended."""
        await self._succession.settled()

    async def rest(self) -> None:
        """Serve nothing any more, and forget it: the site is cold. Requests that come from now on are new
        ones, for which it is asked anew; those that run have their time, as after a reload."""
        self._told_ready = None
        self._revision += 1
        self._house.front.forget(self.name, self._revision)
        await self._applied()
        await self._succession.rest()

    async def end(self) -> None:
        """End all instances, within seconds."""
        await self._succession.stop()
        await asyncio.gather(*self._shedding)

    async def serve(self, by_result: bool | None) -> None:
        """Have the front serve the current generation."""
        if by_result is not None:
            self._told_ready, self._told_at = by_result, self._loop.time()
        self._publish()
        await self._applied()

    # What the front says

    def wanted(self, pool: str) -> None:
        if self._succession.current:
            self._succession.current.wanted(pool)

    def retire(self, pool: str, address: str, why: Why) -> None:
        if self._succession.current:
            self._succession.current.retire(pool, address, why)

    # Its table

    def _pool(self, launch: Launch) -> Pool:
        def changed() -> None:
            current = self._succession.current
            if current and pool in current.pools:
                self._publish()

        house = self._house
        pool = Pool(
            *(launch, house.sockets(), house.lifeline, self._emit, changed, house.limits),
            let_go=self._let_go,
        )
        return pool

    async def _applied(self) -> None:
        await self._house.front.applied(self.name, self._revision, _APPLY_SECONDS)

    async def _let_go(self, address: str, seconds: float) -> None:
        """The table that no longer has the instance was published before."""
        await self._house.front.left(self.name, address, self._revision, seconds)

    async def _shed(self) -> None:
        """When the front knows that a pool has failed, no new connection comes to it; those that wait would
        wait for nothing."""
        await self._applied()
        if self._succession.current:
            self._succession.current.shed()

    def _publish(self) -> None:
        self._revision += 1
        table = self._table()
        self._house.front.send(self.name, table)
        if any(entry.status == "failed" for entry in table.pools):
            task = asyncio.create_task(self._shed())
            self._shedding.add(task)
            task.add_done_callback(self._shedding.discard)
        self._tell()

    def _table(self) -> SiteTable:
        current = self._succession.current
        entries = current.entries if current else ()
        return self._succession.files.table(self._revision, entries, self._logs)

    def _tell(self) -> None:
        """Ready and NotReady, when that changed since `ready` said it first; a restart under way is
        neither."""
        current = self._succession.current
        if self._told_ready is None or not current:
            return
        error = current.error
        ready = all(entry.status == "ready" for entry in current.entries)
        if ready == self._told_ready or not (ready or error):
            return
        seconds = self._loop.time() - self._told_at
        self._told_ready, self._told_at = ready, self._loop.time()
        self._emit(NotReady(self.url, error.as_json()) if error else Ready(self.url, seconds))
