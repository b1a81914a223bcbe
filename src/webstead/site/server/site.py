"""One served site: cold, or warm with instances and an eye on its files.

All that changes it goes through one lock, in order: being asked, deployed to, stopped, changed, left alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from webstead.build.environment import environment_at
from webstead.errors import WebsteadError
from webstead.events import Emit, NotReady, Offline, Ready
from webstead.host.site import HostedSite
from webstead.plan import start_or_files
from webstead.site.changes import OFFLINE
from webstead.site.homes import SiteHome
from webstead.site.in_place import in_place
from webstead.site.live import Live, LiveOptions
from webstead.site.prepare import error_site
from webstead.site.releases.note import read_note
from webstead.site.served import environ_of, overrides_of
from webstead.site.server.facts import Facts
from webstead.site.server.target import Target, target_of
from webstead.site.workshop import workshop_of

__all__ = ["ServedSite"]


@dataclass(slots=True)
class _Warm:
    """What serves. live: follows its files; None while nothing is to be followed."""

    facts: Facts
    target: Target
    live: Live | None
    tasks: tuple[asyncio.Task[None], ...]


class ServedSite:
    """look: what is recorded of it now; blocks; None when it was deleted. hostname: the first name that it is
    reached by."""

    def __init__(
        self,
        home: SiteHome,
        hosted: HostedSite,
        look: Callable[[], Facts | None],
        hostname: Callable[[Facts], str],
        emit: Emit,
    ) -> None:
        self._home = home
        self._hosted = hosted
        self._look = look
        self._hostname = hostname
        self._emit = emit
        self._changing = asyncio.Lock()
        self._warm: _Warm | None = None

    @property
    def is_warm(self) -> bool:
        return self._warm is not None

    @property
    def facts(self) -> Facts | None:
        """Of what serves; None when it is cold."""
        return self._warm.facts if self._warm else None

    async def leave(self) -> None:
        """Follow nothing any more; what runs is ended by the supervisor."""
        async with self._changing:
            warm, self._warm = self._warm, None
            if warm is not None:
                await _end(warm.tasks)

    async def warm(self) -> None:
        """Begin to serve, when it does not. Returns when the front knows what answers, maybe with an error;
        requests wait for instances that start."""
        async with self._changing:
            if self._warm is None and (facts := await asyncio.to_thread(self._look)) is not None:
                await self._begin(facts)

    async def cool(self) -> None:
        """End what runs, and forget all but the name."""
        async with self._changing:
            await self._cool()

    async def renew(self) -> WebsteadError | None:
        """Let instances of what is recorded now take over from those that run, without losing a request; the
        old go on when the new do not start. A cold site stays cold; one that answers with an error, for there
        was nothing to start, begins anew."""
        async with self._changing:
            warm, facts = self._warm, await asyncio.to_thread(self._look)
            if warm is None or facts is None:
                return None
            if warm.target.error is not None:
                await self._cool()
                await self._begin(facts)
                return None
            return await self._succeed(warm, facts)

    async def activate(self, release: str, *, renew: bool) -> WebsteadError | None:
        """As `site.deploy.model.Host.activate`. renew: also instances whose launch has not changed."""
        async with self._changing:
            warm, facts = self._warm, await asyncio.to_thread(self._look)
            if warm is None or facts is None or facts.record.stopped:
                return None
            return await self._succeed(warm, replace(facts, release=release), renew=renew, whole=True)

    async def settled(self) -> WebsteadError | None:
        """As `site.deploy.model.Host.settled`. It serves something else than the pointer leads to when it was
        warmed while that moved, and after a switch that never came."""
        error = None
        async with self._changing:
            warm = self._warm
            if warm is not None and warm.facts.release != self._home.release:
                facts = await asyncio.to_thread(self._look)
                error = None if facts is None else await self._succeed(warm, facts)
                if error is not None and facts is not None:
                    await self._cool()
                    await self._begin(facts)
        await self._hosted.settled()
        return error

    async def recycle(self, why: str) -> WebsteadError | None:
        """Renew its instances one time after the other, as SIGHUP does with `up`. They are started anew as
        planned; but where packages have been installed in place for the first time, on another Python."""
        async with self._changing:
            warm = self._warm
            if warm is None or warm.live is None:
                return None
            if not self._has_new_layer(warm.target):
                warm.live.recycle_all(why)
                return None
            facts = await asyncio.to_thread(self._look)
            return None if facts is None else await self._succeed(warm, facts)

    def _has_new_layer(self, target: Target) -> bool:
        pythons = {launch.python for launch in target.prepared.launches} if target.prepared else set()
        return any(
            in_place(self._home.root, environment_at(python.parents[1])).python != python
            for python in pythons
        )

    # Inside the lock

    async def _begin(self, facts: Facts) -> None:
        began = time.monotonic()
        target = await self._target(facts)
        await self._start(target)
        answered = asyncio.Event()
        self._warm = self._followed(facts, target, answered)
        waiting = asyncio.create_task(self._tell(target, began, answered))
        self._warm.tasks = (*self._warm.tasks, waiting)

    async def _start(self, target: Target) -> None:
        prepared = target.prepared
        self._hosted.confine(target.confinement)
        if target.stopped is not None:
            await self._hosted.start((), target.stopped)
        elif prepared is None:
            await self._hosted.fail(_error_of(target), *error_site(target.layout))
        elif target.offline is not None:
            await self._hosted.start((), replace(prepared.files, offline=target.offline))
            self._emit(Offline(OFFLINE))
        else:
            await self._hosted.start(prepared.launches, prepared.files)

    async def _tell(self, target: Target, began: float, answered: asyncio.Event) -> None:
        error = await self._hosted.ready()
        answered.set()
        if error is not None:
            self._emit(NotReady(self._hosted.url, error.as_json()))
        elif target.stopped is None and target.offline is None:
            self._emit(Ready(self._hosted.url, time.monotonic() - began))

    async def _succeed(
        self, warm: _Warm, facts: Facts, *, renew: bool = True, whole: bool = False
    ) -> WebsteadError | None:
        """What serves is followed by what these facts ask for; or goes on, when that does not start. whole:
        as `HostedSite.replace` has it."""
        target = await self._target(facts)
        if target.error is not None:
            return target.error
        await _end(warm.tasks)
        error = await self._replace(target, renew=renew, whole=whole)
        answered = asyncio.Event()
        answered.set()
        kept = warm if error is not None else None
        self._warm = self._followed(*((kept.facts, kept.target) if kept else (facts, target)), answered)
        return error

    async def _replace(self, target: Target, *, renew: bool, whole: bool) -> WebsteadError | None:
        if target.stopped is not None:
            return await self._hosted.replace((), target.stopped, ())
        prepared = target.prepared
        if prepared is None:
            return _error_of(target)
        self._hosted.confine(target.confinement)
        if target.offline is not None:
            return await self._hosted.replace((), replace(prepared.files, offline=target.offline), ())
        keys = None if renew else ()
        return await self._hosted.replace(prepared.launches, prepared.files, keys, whole=whole)

    def _followed(self, facts: Facts, target: Target, answered: asyncio.Event) -> _Warm:
        """Its files are followed from now on; those of a stopped site, or of none, are not."""
        if target.stopped is not None or facts.release is None:
            return _Warm(facts, target, None, ())
        environ = environ_of(self._home, facts.settings, self._hostname(facts))
        note = read_note(self._home, facts.release)
        overrides = overrides_of(facts.settings, note)
        check = partial(start_or_files, deployed_without=not note.app)
        place = workshop_of(target.confinement)
        options = LiveOptions(overrides, code=False, build=True, environ=environ, check=check, workshop=place)
        live = Live(self._hosted, target.layout, options, self._emit, target.prepared, target.offline)
        return _Warm(facts, target, live, (asyncio.create_task(live.run(answered)),))

    async def _cool(self) -> None:
        warm, self._warm = self._warm, None
        if warm is not None:
            await _end(warm.tasks)
            await self._hosted.rest()

    async def _target(self, facts: Facts) -> Target:
        return await asyncio.to_thread(target_of, self._home, facts, self._hostname(facts), self._emit)


def _error_of(target: Target) -> WebsteadError:
    if target.error is None:
        raise ValueError("a target without an error")
    return target.error


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
