"""What `webstead up` does: prepare the site, start it, say when it answers, take up what changes in its
files, and keep it until told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from webstead.errors import WebsteadError
from webstead.events import Emit, NotReady, Offline, Ready, Stopped
from webstead.host.listen import Listener, listen
from webstead.host.site import HostedSite
from webstead.host.supervisor import Supervisor
from webstead.plan import Overrides, Plan
from webstead.site.changes import OFFLINE
from webstead.site.layout import SiteLayout, default_state, find_layout
from webstead.site.live import Live, LiveOptions
from webstead.site.offline import offline_page
from webstead.site.prepare import Prepared, before_build, decide, error_site, prepare
from webstead.site.state import remove_state

__all__ = ["UpOptions", "run"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UpOptions:
    """folder: of the project, the site or its home. port: 0 for any free one. json: access lines as JSON."""

    folder: Path
    host: str
    port: int
    reload: bool
    build: bool
    json: bool
    overrides: Overrides


def run(options: UpOptions, emit: Emit) -> None:
    """Serve until SIGINT or SIGTERM. Raises the WebsteadError that keeps the site from starting."""
    began = time.monotonic()
    layout = find_layout(options.folder, default_state())
    plan = _or_error(options, lambda: decide(layout, options.overrides, emit))
    with listen(options.host, options.port) as listener:  # before the build, which may take long
        prepared: Prepared | WebsteadError
        if isinstance(plan, WebsteadError):
            prepared = plan
        else:
            prepared = _or_error(options, lambda: _prepared(options, layout, plan, emit))
        asyncio.run(_Run(options, layout, listener, emit, began).serve(prepared))


def _prepared(options: UpOptions, layout: SiteLayout, plan: Plan, emit: Emit) -> Prepared:
    if options.build:
        plan = before_build(layout, plan, options.overrides, emit)
    return prepare(layout, plan, emit, allow_build=options.build)


def _or_error(options: UpOptions, work: Callable[[], T]) -> T | WebsteadError:
    """With --reload, also the error: the site serves it, until a change of the files mends it."""
    try:
        return work()
    except WebsteadError as error:
        if not options.reload:
            raise
        return error


class _Run:
    def __init__(
        self, options: UpOptions, layout: SiteLayout, listener: socket.socket, emit: Emit, began: float
    ) -> None:
        self._options = options
        self._layout = layout
        self._listener = listener
        self._emit = emit
        self._began = began
        self._stop = asyncio.Event()
        self._answered = asyncio.Event()
        self._reason = ""
        self._terminal = _has_terminal()

    async def serve(self, prepared: Prepared | WebsteadError) -> None:
        options = self._options
        supervisor = Supervisor(
            [Listener(self._listener)], self._emit, host=options.host, json_lines=options.json
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told_to_stop, number)
        serving = prepared if isinstance(prepared, Prepared) else None
        offline = offline_page(self._layout)
        watched = LiveOptions(options.overrides, options.reload, options.build)
        site = supervisor.add("", self._emit)
        live = Live(site, self._layout, watched, self._emit, serving, offline)
        loop.add_signal_handler(signal.SIGHUP, self._hung_up, live)
        try:
            await supervisor.begin({"*": site.name})
            keeping = self._keep(supervisor, site, prepared, offline)
            await self._until_stopped(keeping, live.run(self._answered))
        finally:
            await supervisor.stop()
            remove_state(self._layout)
        self._emit(Stopped(self._reason))

    async def _keep(
        self,
        supervisor: Supervisor,
        site: HostedSite,
        prepared: Prepared | WebsteadError,
        offline: str | None,
    ) -> None:
        """Start, say Ready or Not ready, and go on until the front is given up. Raises the error of a site
        that is not to be served with it."""
        if offline is not None:
            files = prepared.files if isinstance(prepared, Prepared) else error_site(self._layout)[0]
            await site.start((), replace(files, offline=offline))
            self._emit(Offline(OFFLINE))
        elif isinstance(prepared, WebsteadError):
            await site.fail(prepared, *error_site(self._layout))
        else:
            await site.start(prepared.launches, prepared.files)
        error = await site.ready()
        if error is None:
            self._emit(Ready(supervisor.url, time.monotonic() - self._began))
        elif self._options.reload or (isinstance(prepared, Prepared) and prepared.serves_on_failure):
            self._emit(NotReady(supervisor.url, error.as_json()))
        else:
            raise error
        self._answered.set()
        raise await supervisor.broken()

    async def _until_stopped(self, *works: Coroutine[Any, Any, None]) -> None:
        """Do the works, but no longer than until a signal comes. The first error ends them all."""
        if self._stop.is_set():
            for work in works:
                work.close()
            return
        stop = asyncio.create_task(self._stop.wait())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                task.result()
        finally:
            for task in (stop, *tasks):
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError, WebsteadError):
                    await task

    def _hung_up(self, live: Live) -> None:
        """SIGHUP: renew all instances. But when a terminal is closed, its programs are told so by the same
        signal, and have to end."""
        if self._terminal and not _has_terminal():
            self._told_to_stop(signal.SIGHUP)
        else:
            live.recycle_all("SIGHUP")

    def _told_to_stop(self, number: signal.Signals) -> None:
        self._reason = "Ctrl+C" if number == signal.SIGINT else signal.Signals(number).name
        self._stop.set()


def _has_terminal() -> bool:
    """Whether there is a terminal that controls us."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
