"""What `webstead serve` does: one supervisor for all sites of a home, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from webstead.effects.lock import try_locked
from webstead.errors import UsageError
from webstead.events import Emit, Event, Note, OfSite, Serving, Stopped
from webstead.host.listen import Listener, listen, url_of
from webstead.host.supervisor import Supervisor
from webstead.settings import Secret
from webstead.site.homes import ServerHome
from webstead.site.server.app_logs import AppLogs
from webstead.site.server.authority import open_authority
from webstead.site.server.management import SITE, management_files, management_launch
from webstead.site.server.note import ServerNote, read_note, remove_note, write_note
from webstead.site.server.order_service import OrderService
from webstead.site.server.roll import Roll
from webstead.site.server.sites import Sites
from webstead.site.store import Store, open_store

__all__ = ["ServeOptions", "serve"]

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """port: 0 for any free one. domain: that the names of sites stand below. json: access lines as JSON.
    https_port: for TLS, 0 for any free one; None for none."""

    home: Path
    host: str
    port: int
    domain: str
    json: bool
    https_port: int | None = None


def serve(options: ServeOptions, emit: Emit) -> None:
    """Serve until SIGINT or SIGTERM. Raises the WebsteadError that keeps the server from starting."""
    began = time.monotonic()
    server = ServerHome(options.home.absolute(), options.domain)
    server.make()
    with try_locked(server.run / "server.lock") as held:
        if held is None:
            raise _served_already(server)
        store = open_store(server.database)
        with ExitStack() as sockets:
            listeners = [Listener(sockets.enter_context(listen(options.host, options.port)))]
            if options.https_port is not None:
                encrypted = sockets.enter_context(listen(options.host, options.https_port))
                listeners.append(Listener(encrypted, tls=True))
            asyncio.run(_serve(options, server, store, listeners, emit, began))


async def _serve(
    options: ServeOptions,
    server: ServerHome,
    store: Store,
    listeners: Sequence[Listener],
    emit: Emit,
    began: float,
) -> None:
    await _Server(options, server, store, listeners, emit, began).run()


class _Server:
    def __init__(
        self,
        options: ServeOptions,
        server: ServerHome,
        store: Store,
        listeners: Sequence[Listener],
        emit: Emit,
        began: float,
    ) -> None:
        self._options = options
        self._server = server
        self._emit = emit
        self._began = began
        self._token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._roll = Roll()
        self._app_logs = AppLogs(server)
        self._stop = asyncio.Event()
        self._reason = ""
        self._supervisor = Supervisor(
            listeners, emit, host=options.host, json_lines=options.json, asked=self._asked
        )
        self._sites = Sites(server, store, self._supervisor, self._emit_of, self._roll)
        if options.https_port is not None:
            self._sites.authority = open_authority(server.tls, datetime.now(UTC))
            text = f"TLS: {url_of(listeners[-1].socket, options.host, tls=True)}"
            emit(Note("info", f"{text}, by the authority {self._sites.authority.certificate}"))
        self._orders = OrderService(server.orders, self._sites.perform)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told_to_stop, number)
        try:
            await self._orders.begin()
            await self._supervisor.begin({})
            await self._sites.begin()
            await self._begin_management()
            await self._until_stopped()
        finally:
            remove_note(self._server.note)
            await self._orders.end()
            await self._sites.end()
            await self._supervisor.stop()
            self._app_logs.close()
        self._emit(Stopped(self._reason))

    async def _begin_management(self) -> None:
        """The note is written before it answers: whoever reads it waits for the answer."""
        url, domain = self._supervisor.url, self._server.domain
        port = url.rpartition(":")[2]
        hosted = self._supervisor.add(SITE, self._emit_of(SITE), f"http://scm.{domain}:{port}")
        write_note(self._server.note, ServerNote(os.getpid(), url, url, domain, Secret(self._token)))
        launch = management_launch(self._server, self._token)
        await hosted.start([launch], management_files(self._server))
        error = await hosted.ready()
        if error is not None:
            raise error
        seconds = time.monotonic() - self._began
        self._emit(Serving(url, hosted.url, domain, len(self._sites.names), seconds))

    def _asked(self, site: str) -> None:
        self._sites.ask(site)

    def _emit_of(self, site: str) -> Emit:
        def told(event: Event) -> None:
            self._roll.note(site, event)
            if site != SITE:
                self._app_logs.note(site, event)
            self._emit(OfSite(site, event))

        return told

    async def _until_stopped(self) -> None:
        stop, broken = asyncio.create_task(self._stop.wait()), asyncio.create_task(self._supervisor.broken())
        try:
            await asyncio.wait({stop, broken}, return_when=asyncio.FIRST_COMPLETED)
            if broken.done():
                raise broken.result()
        finally:
            stop.cancel()
            broken.cancel()
            await asyncio.gather(stop, broken, return_exceptions=True)

    def _told_to_stop(self, number: signal.Signals) -> None:
        self._reason = "Ctrl+C" if number == signal.SIGINT else signal.Signals(number).name
        self._stop.set()


def _served_already(server: ServerHome) -> UsageError:
    note = read_note(server.note)
    found = f"process {note.pid} serves it at {note.url}" if note else "another process holds its lock"
    return UsageError(
        f"{server.root} is served already.",
        found=found,
        fix="Stop that one first, or name another home: --home DIR",
    )
