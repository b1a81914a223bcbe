"""`webstead up` while it runs: what changes in the site's files takes effect, without losing a request.

What is to be done stands in the tables of `changes`. A configuration that cannot be used, or whose processes
do not start, changes nothing: what serves goes on as it was last, and the error is told.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from webstead.errors import WebsteadError
from webstead.events import Emit, Failed, Note, Offline, Planned, Ready, Reconfigured, Reloading
from webstead.host.site import HostedSite
from webstead.plan import Overrides, Plan, as_json, start_or_error
from webstead.site.changes import OFFLINE, Asked, Watched, asked, effect_of
from webstead.site.layout import SiteLayout
from webstead.site.offline import offline_page
from webstead.site.prepare import Prepared, as_built, error_site, plan_site, prepare
from webstead.site.recycling import Recycler
from webstead.site.state import SiteState, write_state
from webstead.site.watching import Watching
from webstead.site.workshop import Workshop

__all__ = ["Live", "LiveOptions"]

SETTLE_SECONDS = 0.3
"""How long a file that cannot be used, or has gone, is given to be mended by the next write: editors empty a
file before they write it, or put another in its place."""

_FIRST = Asked((), frozenset({"plan_anew", "look_for_offline"}))
"""What is looked at when changes begin to be noticed: they may have come before."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """code: changes of code are taken up too. build: what is missing may be built. environ: the variables
    that its processes begin with. check: raises for a plan that is not to be served.
    workshop: where it is built; None for our own user's."""

    overrides: Overrides
    code: bool
    build: bool
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    check: Callable[[Plan], object] = start_or_error
    workshop: Workshop | None = None


class Live:
    """serving: what was started; None when there was nothing to start. offline: the page, if the site is."""

    def __init__(
        self,
        site: HostedSite,
        layout: SiteLayout,
        options: LiveOptions,
        emit: Emit,
        serving: Prepared | None,
        offline: str | None,
    ) -> None:
        self.recycler = Recycler(site, emit)
        self._site = site
        self._layout = layout
        self._options = options
        self._emit = emit
        self._planned = serving
        self._serving = None if offline is not None else serving
        self._offline = offline
        self._error: WebsteadError | None = None
        self._starts = 0
        self._starting: set[asyncio.Task[None]] = set()

    async def run(self, answered: asyncio.Event) -> None:
        """For as long as the site is up. What changes before the site has answered for the first time is
        taken up then."""
        watching = Watching(self._layout.wwwroot, self._matters, self._cannot_watch)
        change = _FIRST
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.recycler.run())
                while True:
                    watching.others(self._watched.named.keys())
                    change |= asked(await watching.next(), self._watched)
                    await answered.wait()
                    await self._take_up(change, watching, tasks)
                    change = Asked()
        finally:
            await watching.stop()

    def recycle_all(self, why: str) -> None:
        launches = self._serving.launches if self._serving else ()
        self.recycler.ask({launch.process.pool for launch in launches}, [why])

    @property
    def _watched(self) -> Watched:
        """Of the configuration in force."""
        planned = self._planned
        named: dict[Path, frozenset[str]] = {}
        for launch in planned.launches if planned else ():
            for path in launch.renewed_for:
                named[path] = named.get(path, frozenset()) | {launch.process.pool}
        return Watched(self._layout.wwwroot, _read(planned), named, self._options.code)

    def _matters(self, path: Path) -> bool:
        return self._watched.kind(path) != "other"

    def _cannot_watch(self, reason: str) -> None:
        text = f"The system cannot watch the site's files ({reason}): they are looked at from time to time."
        self._emit(Note("warning", text))

    # One change

    async def _take_up(self, change: Asked, watching: Watching, tasks: asyncio.TaskGroup) -> None:
        began = time.monotonic()
        if "plan_anew" in change.steps:
            change, planned = await self._plan(change, watching)
            self._note(planned if isinstance(planned, WebsteadError) else None)
            if isinstance(planned, WebsteadError):
                self._emit(Failed(planned.as_json()))
                await self._site.fail(planned, *error_site(self._layout))
                change = replace(change, steps=change.steps - {"plan_anew", "renew_all"})
            else:
                self._planned = planned
                watching.others(self._watched.named.keys())  # a change counts as soon as it is in force
        self.recycler.ask(change.recycle, change.names)
        if "look_for_offline" in change.steps:
            await self._look_for_offline(change, began, tasks)
        elif "plan_anew" in change.steps and self._offline is None:
            await self._serve(change, began, tasks)

    async def _plan(self, change: Asked, watching: Watching) -> tuple[Asked, Prepared | WebsteadError]:
        """The plan of the files as they are when no further write comes that could mend them, with all that
        has changed until then."""
        while True:
            if self._some_have_gone(change) and (more := await watching.next(SETTLE_SECONDS)):
                change |= asked(more, self._watched)
                continue
            planned = await asyncio.to_thread(self._prepare, change)
            if isinstance(planned, WebsteadError) and (more := await watching.next(SETTLE_SECONDS)):
                change |= asked(more, self._watched)
                continue
            return change, planned

    def _some_have_gone(self, change: Asked) -> bool:
        return any(not (self._layout.wwwroot / name).is_file() for name in change.names)

    def _prepare(self, change: Asked) -> Prepared | WebsteadError:
        """In a thread: the plan reads the project, and a build may take long."""
        code, options = "renew_all" in change.steps, self._options
        try:
            plan = plan_site(self._layout, options.overrides)
            if code:
                self._emit(Planned(as_json(plan)))
            options.check(plan)
            if not code:
                ready = as_built(self._layout, plan, options.environ, options.workshop)
                if ready is not None:
                    return ready
                self._emit(Note("info", "An environment is built for it; the site serves on as it is."))
            return prepare(
                *(self._layout, plan, self._emit),
                allow_build=options.build,
                environ=options.environ,
                workshop=options.workshop,
            )
        except WebsteadError as error:
            return error

    async def _look_for_offline(self, change: Asked, began: float, tasks: asyncio.TaskGroup) -> None:
        was, self._offline = self._offline, await asyncio.to_thread(offline_page, self._layout)
        if self._offline is None:
            await self._serve(change, began, tasks)
            return
        files = self._planned.files if self._planned else error_site(self._layout)[0]
        self._serving = None
        await self._site.replace((), replace(files, offline=self._offline), ())
        self._note(self._error)
        if was is None:
            self._emit(Offline(OFFLINE))

    async def _serve(self, change: Asked, began: float, tasks: asyncio.TaskGroup) -> None:
        planned = self._planned
        if planned is None:
            return
        renew = None if "renew_all" in change.steps else ()
        effect = "start" if self._serving is None else effect_of(self._serving, planned)
        if effect == "start" or self._starting or renew is None:
            self._emit(Reloading(list(change.names)))
            self._starts += 1
            task = tasks.create_task(self._start(planned, renew, self._starts, began))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)
        elif effect == "publish":
            await self._site.replace(planned.launches, planned.files, renew)
            self._serving = planned
            self._emit(Reconfigured(list(change.names), time.monotonic() - began))

    async def _start(
        self, planned: Prepared, renew: tuple[str, ...] | None, number: int, began: float
    ) -> None:
        error = await self._site.replace(planned.launches, planned.files, renew)
        if number != self._starts or self._offline is not None:  # something newer has taken its place
            return
        self._note(error)
        if error is None:
            self._serving = planned
            self._emit(Ready(self._site.url, time.monotonic() - began))

    def _note(self, error: WebsteadError | None) -> None:
        """For scripts."""
        self._error = error
        write_state(self._layout, SiteState(self._site.url, self._offline is not None, error))


def _read(planned: Prepared | None) -> frozenset[str]:
    """The files that made the configuration."""
    if planned is None:
        return frozenset()
    folders = (f"{folder}/" if folder else "" for folder, _ in planned.files.configs)
    return frozenset([*(f"{folder}web.config" for folder in folders), *(p for p, _ in planned.files.beside)])
