"""The supervisor: owns the sockets and the processes, and keeps the front told of who answers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from webstead.errors import HostError, WebsteadError
from webstead.events import Emit, Failed, NotReady, Ready
from webstead.host.front_process import Front
from webstead.host.generation import Failing, Generation
from webstead.host.instance import Lifeline
from webstead.host.isolation import TAG, OrphanReaper, adopt_orphans, end_all, require_posix
from webstead.host.launch import Launch
from webstead.host.listen import url_of
from webstead.host.policy import Limits
from webstead.host.seat import remove_runtime_folder, runtime_folder
from webstead.host.slot import GRACE_SECONDS
from webstead.site_table import SiteFiles, SiteTable

__all__ = ["Supervisor"]

FRONT_GRACE_SECONDS = 1.2
"""For running requests at Ctrl+C. With GRACE_SECONDS for the instances after it, all ends within 5 s."""

RELOAD_GRACE_SECONDS = 30.0
"""For the requests that old instances still run after a reload. gunicorn's graceful_timeout is 30 s too."""

QUIET_SECONDS = 2.0
"""For running requests of a platform process before its SIGTERM at a reload, since many apps drop them then.
Short: an open WebSocket would keep the old code for as long."""

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
        self._files = SiteFiles("", ())
        self._current: Generation | Failing | None = None
        self._generations: set[Generation | Failing] = set()
        self._draining: set[asyncio.Task[None]] = set()
        self._front = Front(listener, emit, self._wanted, json_lines=json_lines, limits=limits)
        self._reaping: asyncio.Task[None] | None = None
        self._warden: asyncio.subprocess.Process | None = None
        self._told_ready: bool | None = None
        self._told_at = self._loop.time()

    @property
    def front_pid(self) -> int | None:
        return self._front.pid

    async def start(self, launches: Sequence[Launch], files: SiteFiles) -> None:
        """Start the front and all instances, without waiting for them: `ready` does."""
        await self._start(self._generation(launches), files)

    async def fail(self, error: WebsteadError, files: SiteFiles, pool: str) -> None:
        """There is nothing to start: requests that the files route to the pool are answered with the error,
        until `replace`. Instances that answer go on."""
        if self._current is None:
            await self._start(Failing(pool, error), files)
        elif self._current.error:
            self._retire_later(self._current)
            self._current, self._files = Failing(pool, error), files
            self._publish()

    async def _start(self, current: Generation | Failing, files: SiteFiles) -> None:
        adopt_orphans()
        self._reaping = asyncio.create_task(self._reap())
        self._current, self._files = current, files
        current.start()
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
        current = self._current
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

    async def replace(self, launches: Sequence[Launch], files: SiteFiles) -> WebsteadError | None:
        """Change to new instances without losing a request: they start beside the old, take over when all
        have answered, and the old finish what they have begun; then None is returned.

        When they do not start, Failed is told and the error returned: the old go on, or, when they had failed
        too, the newer error is shown. Cancelling it ends the new instances."""
        new = self._generation(launches)
        old = self._current
        try:
            new.start()
            error = await new.settled()
        except asyncio.CancelledError:
            await self._end(new, GRACE_SECONDS)
            raise
        if error:
            self._emit(Failed(error.as_json()))
            if old and not old.error:
                await self._end(new, GRACE_SECONDS)
                return error
        self._current, self._files = new, files
        self._told_ready, self._told_at = error is None, self._loop.time()  # by our result
        self._publish()
        await self._front.applied(self._revision, _APPLY_SECONDS)
        if old:
            self._retire_later(old)
        return error

    async def stop(self) -> None:
        """End everything, within 5 s: the front first, so that running requests find their instance. A
        `replace` that runs is to be cancelled before."""
        await self._front.stop(FRONT_GRACE_SECONDS)
        await asyncio.gather(
            *(self._end(generation, GRACE_SECONDS) for generation in tuple(self._generations))
        )
        await asyncio.gather(*self._draining)
        if self._reaping:
            self._reaping.cancel()
            await asyncio.gather(self._reaping, return_exceptions=True)
        await end_all(_left_over())
        self._lifeline.close()
        if self._warden:
            await self._warden.wait()
        self._listener.close()
        remove_runtime_folder(self._folder)

    def _generation(self, launches: Sequence[Launch]) -> Generation:
        sockets = self._folder / str(next(self._numbers))
        generation = Generation(launches, sockets, self._lifeline, self._emit, self._changed, self._limits)
        self._generations.add(generation)
        return generation

    def _retire_later(self, generation: Generation | Failing) -> None:
        task = asyncio.create_task(self._retire(generation))
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)

    async def _end(self, generation: Generation | Failing, grace: float) -> None:
        await generation.stop(grace)
        self._generations.discard(generation)

    async def _retire(self, generation: Generation | Failing) -> None:
        await generation.retire(QUIET_SECONDS, RELOAD_GRACE_SECONDS)
        self._generations.discard(generation)

    def _wanted(self, pool: str) -> None:
        if self._current:
            self._current.wanted(pool)

    def _changed(self, generation: Generation) -> None:
        if generation is self._current:
            self._publish()

    def _publish(self) -> None:
        self._revision += 1
        self._front.send(self._table())
        self._tell()

    def _table(self) -> SiteTable:
        return self._files.table(self._revision, self._current.entries if self._current else ())

    def _tell(self) -> None:
        """Ready and NotReady, when that changed since `ready` said it first; a restart under way is
        neither."""
        if self._told_ready is None or not self._current:
            return
        error = self._current.error
        ready = all(entry.status == "ready" for entry in self._current.entries)
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
