"""The supervisor: owns the sockets and the processes, and keeps the front told of who answers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import psutil

from webstead.errors import HostError, WebsteadError
from webstead.events import GOES_ON, Emit, NotReady, Ready
from webstead.host.front_process import Front
from webstead.host.generation import Failing, Generation
from webstead.host.instance import Lifeline
from webstead.host.isolation import TAG, OrphanReaper, adopt_orphans, end_all, require_posix
from webstead.host.launch import Launch
from webstead.host.listen import url_of
from webstead.host.policy import Limits
from webstead.host.pool import Pool
from webstead.host.seat import remove_runtime_folder, runtime_folder
from webstead.host.succession import Succession
from webstead.site_table import SiteFiles, SiteTable, Why

__all__ = ["Supervisor"]

FRONT_GRACE_SECONDS = 1.2
"""For running requests at Ctrl+C. With GRACE_SECONDS for the instances after it, all ends within 5 s."""

_APPLY_SECONDS = 5.0
_REAP_SECONDS = 1.0
_WARDEN = Path(__file__).with_name("warden.py")


class Supervisor:
    """Runs a site until it is told to stop. One per process, on one event loop, in a thread that lives as
    long.

    listener: from `listen`, closed by `stop`. host: as the user named it, for the URL. emit gets
    InstanceStarted, InstanceExited, AppOutput and Note; NotReady and Ready when that changes by itself (the
    results of `ready` and `replace` are the caller's to tell); and Failed for a reload that does not start.
    """

    def __init__(
        self,
        listener: socket.socket,
        emit: Emit,
        *,
        host: str = "127.0.0.1",
        json_lines: bool = False,
        limits: Limits | None = None,
    ) -> None:
        require_posix()
        self.url = url_of(listener, host)
        self._listener = listener
        self._emit = emit
        self._limits = limits or Limits()
        self._loop = asyncio.get_running_loop()
        self._lifeline = Lifeline()
        self._folder = runtime_folder()
        self._numbers = itertools.count(1)
        self._revision = 0
        self._succession = Succession(self._pool, self, emit)
        self._shedding: set[asyncio.Task[None]] = set()
        self._front = Front(listener, emit, self._wanted, self._retire, json_lines=json_lines, limits=limits)
        self._reaping: asyncio.Task[None] | None = None
        self._warden: asyncio.subprocess.Process | None = None
        self._told_ready: bool | None = None
        self._told_at = self._loop.time()

    @property
    def front_pid(self) -> int | None:
        return self._front.pid

    async def start(self, launches: Sequence[Launch], files: SiteFiles) -> None:
        """Start the front and all instances, without waiting for them: `ready` does."""
        await self._start(self._succession.first(launches), files)

    async def fail(self, error: WebsteadError, files: SiteFiles, pool: str) -> None:
        """There is nothing to start: requests that the files route to the pool are answered with the error,
        until `replace`. Instances that answer go on."""
        failing = Generation((), Failing(pool, error))
        current = self._succession.current
        if current is None:
            await self._start(failing, files)
        elif current.error:
            await self._succession.serve(failing, files)
        else:
            self._emit(GOES_ON)

    async def _start(self, current: Generation, files: SiteFiles) -> None:
        adopt_orphans()
        self._reaping = asyncio.create_task(self._reap())
        self._succession.begin(current, files)
        self._front.start(self._table())
        self._warden = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_WARDEN), str(os.getpid())),
            stdin=self._lifeline.reading,
            env={},
            start_new_session=True,
        )

    async def ready(self) -> WebsteadError | None:
        """None when every instance has answered its probe and the front serves them; else why the first that
        failed did (the site then answers with that error). Raises HostError when the front does not come
        up."""
        current = self._succession.current
        if current is None:
            raise HostError("The site is not started")
        serving = asyncio.create_task(self._front.serving())
        settling = asyncio.create_task(current.settled())
        try:
            await asyncio.wait({serving, settling}, return_when=asyncio.FIRST_EXCEPTION)
            await serving
            error = await settling
        finally:
            serving.cancel()
            settling.cancel()
            await asyncio.gather(serving, settling, return_exceptions=True)
        await self._front.applied(self._revision, _APPLY_SECONDS)
        self._told_ready, self._told_at = error is None, self._loop.time()
        return error

    async def broken(self) -> HostError:
        """Returns when the front has died too often: nothing is served any more."""
        return await self._front.failed()

    async def replace(
        self, launches: Sequence[Launch], files: SiteFiles, renew: Collection[str] | None = None
    ) -> WebsteadError | None:
        """Serve these files with the instances of these launches, without losing a request. Instances go on
        where their launch has not changed, except those of the pools named in `renew` (None: of all). New
        ones start beside the old and take over when all of them have answered; the old finish what they have
        begun; then None is returned. Where nothing has to start, the files are served at once, also while a
        change that was asked for before is still starting.

        When they do not start, Failed is told and the error returned: the old go on, or, when nothing serves,
        the newer error is shown. Cancelling it ends the new instances. A later call takes the place of one
        that has not come to its end, with the instances that it has started; the earlier then returns
        None."""
        return await self._succession.replace(launches, files, renew)

    async def recycle(self, pools: Collection[str]) -> WebsteadError | None:
        """Renew the instances of these pools without losing a request, each pool as soon as its new ones have
        answered. The first error of one whose new instances do not start (Failed is told, the old go on)."""
        return await self._succession.recycle(pools)

    async def serve(self, by_result: bool | None) -> None:
        """Have the front serve the current generation."""
        if by_result is not None:
            self._told_ready, self._told_at = by_result, self._loop.time()
        self._publish()
        await self._front.applied(self._revision, _APPLY_SECONDS)

    async def stop(self) -> None:
        """End everything, within 5 s unless the site's files give its processes more: the front first, so
        that running requests find their instance. A `replace` that runs is to be cancelled before."""
        await self._front.stop(FRONT_GRACE_SECONDS)
        await self._succession.stop()
        await asyncio.gather(*self._shedding)
        if self._reaping:
            self._reaping.cancel()
            await asyncio.gather(self._reaping, return_exceptions=True)
        await end_all(_left_over())
        self._lifeline.close()
        if self._warden:
            await self._warden.wait()
        self._listener.close()
        remove_runtime_folder(self._folder)

    def _pool(self, launch: Launch) -> Pool:
        sockets = self._folder / str(next(self._numbers))

        def changed() -> None:
            current = self._succession.current
            if current and pool in current.pools:
                self._publish()

        pool = Pool(launch, sockets, self._lifeline, self._emit, changed, self._limits, self._let_go)
        return pool

    def _wanted(self, pool: str) -> None:
        if self._succession.current:
            self._succession.current.wanted(pool)

    def _retire(self, pool: str, address: str, why: Why) -> None:
        if self._succession.current:
            self._succession.current.retire(pool, address, why)

    async def _let_go(self, address: str, seconds: float) -> None:
        """The table that no longer has the instance was published before."""
        await self._front.left(address, self._revision, seconds)

    async def _shed(self) -> None:
        """When the front knows that a pool has failed, no new connection comes to it; those that wait would
        wait for nothing."""
        await self._front.applied(self._revision, _APPLY_SECONDS)
        if self._succession.current:
            self._succession.current.shed()

    def _publish(self) -> None:
        self._revision += 1
        table = self._table()
        self._front.send(table)
        if any(entry.status == "failed" for entry in table.pools):
            task = asyncio.create_task(self._shed())
            self._shedding.add(task)
            task.add_done_callback(self._shedding.discard)
        self._tell()

    def _table(self) -> SiteTable:
        current = self._succession.current
        return self._succession.files.table(self._revision, current.entries if current else ())

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

    async def _reap(self) -> None:
        reaper = OrphanReaper()
        while True:
            reaper.look()
            await asyncio.sleep(_REAP_SECONDS)


def _left_over() -> list[psutil.Process]:
    """Descendants that bear our tag though their instance is gone."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if TAG in process.environ():
                found.append(process)
    return found
