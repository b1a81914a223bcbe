"""What `webstead serve` does: one supervisor for all sites of a home, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.clock import SystemClock
from webstead.effects.files import remove_parts
from webstead.effects.lock import try_locked
from webstead.effects.service_manager import service_manager_of
from webstead.errors import UsageError
from webstead.events import Emit, Event, Note, OfSite, Serving, Stopped
from webstead.host.supervisor import Supervisor
from webstead.settings import Secret
from webstead.site.homes import ServerHome
from webstead.site.server.app_logs import AppLogs
from webstead.site.server.certificates import Certificates
from webstead.site.server.entrances import Entrances, open_entrances
from webstead.site.server.management import SITE, management_files, management_launch
from webstead.site.server.note import ServerNote, read_note, remove_note, write_note
from webstead.site.server.order_service import OrderService
from webstead.site.server.own_certificates import KeyPair
from webstead.site.server.roll import Roll
from webstead.site.server.sites import Sites
from webstead.site.store import Store, open_store

__all__ = ["ServeOptions", "serve"]

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """port: 0 for any free one. domain: that the names of sites stand below. json: access lines as JSON.
    https_port: for TLS, management_port: for the management alone; None for none. pairs: certificates that a
    person brought; the server's own authority has one for every other host."""

    home: Path
    host: str
    port: int
    domain: str
    json: bool
    https_port: int | None = None
    management_port: int | None = None
    pairs: tuple[KeyPair, ...] = ()


def serve(options: ServeOptions, emit: Emit) -> None:
    """Serve until SIGINT or SIGTERM. Raises the WebsteadError that keeps the server from starting."""
    began = time.monotonic()
    server = ServerHome(options.home.absolute(), options.domain)
    server.make()
    with try_locked(server.lock) as held:
        if held is None:
            raise _served_already(server)
        _remove_half(server)
        store = open_store(server.database)
        shown = _certificates(options, server, emit)
        ports = (options.port, options.https_port, options.management_port)
        with open_entrances(options.host, *ports) as entrances:
            asyncio.run(_serve(options, server, store, entrances, shown, emit, began))


def _certificates(options: ServeOptions, server: ServerHome, emit: Emit) -> Certificates | None:
    """What is wrong with them is said before anything listens."""
    if options.https_port is None:
        if options.pairs:
            raise UsageError(
                "There is a certificate, and no port for TLS.",
                found="--certificate without --https-port",
                fix="--https-port 443",
            )
        return None
    shown = Certificates(server.tls, options.domain, SystemClock(), emit, options.pairs)
    authority = shown.open()
    brought = ", ".join(str(pair.certificate) for pair in options.pairs)
    rest = "other hosts by" if brought else "by"
    emit(Note("info", f"TLS: {f'{brought}; ' if brought else ''}{rest} the authority {authority}"))
    return shown


async def _serve(
    options: ServeOptions,
    server: ServerHome,
    store: Store,
    entrances: Entrances,
    shown: Certificates | None,
    emit: Emit,
    began: float,
) -> None:
    await _Server(options, server, store, entrances, shown, emit, began).run()


class _Server:
    def __init__(
        self,
        options: ServeOptions,
        server: ServerHome,
        store: Store,
        entrances: Entrances,
        shown: Certificates | None,
        emit: Emit,
        began: float,
    ) -> None:
        self._server = server
        self._entrances = entrances
        self._shown = shown
        self._emit = emit
        self._began = began
        self._token = Secret(secrets.token_urlsafe(_TOKEN_BYTES))
        self._front = Secret(secrets.token_urlsafe(_TOKEN_BYTES))
        self._roll = Roll()
        self._app_logs = AppLogs(server)
        self._stop = asyncio.Event()
        self._reason = ""
        self._supervisor = Supervisor(
            entrances.listeners, emit, host=options.host, json_lines=options.json, asked=self._asked
        )
        self._sites = Sites(
            *(server, store, self._supervisor, self._emit_of, self._roll),
            certificates=shown,
            apart=entrances.management is not None,
        )
        self._orders = OrderService(server.orders, self._sites.perform)
        self._manager = service_manager_of(os.environ, os.getpid())

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
            self._manager.stopping(self._reason)
            remove_note(self._server)
            await self._orders.end()
            await self._sites.end()
            await self._supervisor.stop()
            self._app_logs.close()
        self._emit(Stopped(self._reason))

    async def _begin_management(self) -> None:
        """The note is written before it answers: whoever reads it waits for the answer."""
        domain, entrances = self._server.domain, self._entrances
        url, asked = entrances.url, entrances.management_url
        scheme, port = asked.partition(":")[0], asked.rpartition(":")[2]
        hosted = self._supervisor.add(SITE, self._emit_of(SITE), f"{scheme}://scm.{domain}:{port}")
        trusted = "" if self._shown is None else str(self._shown.trusted)
        note = ServerNote(os.getpid(), url, asked, domain, self._token, trusted)
        write_note(self._server, note)
        launch = management_launch(self._server, self._token, self._front, entrances.sites_url)
        await hosted.start([launch], management_files(self._server, self._front))
        error = await hosted.ready()
        if error is not None:
            raise error
        seconds = time.monotonic() - self._began
        told = Serving(url, hosted.url, domain, len(self._sites.names), seconds, entrances.encrypted_url)
        self._emit(told)
        self._manager.ready(f"{told.sites} sites at {url}; management at {told.management}")

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
        telling = asyncio.create_task(self._manager.keep_telling())
        try:
            await asyncio.wait({stop, broken}, return_when=asyncio.FIRST_COMPLETED)
            if broken.done():
                raise broken.result()
        finally:
            stop.cancel()
            broken.cancel()
            telling.cancel()
            await asyncio.gather(stop, broken, telling, return_exceptions=True)

    def _told_to_stop(self, number: signal.Signals) -> None:
        self._reason = "Ctrl+C" if number == signal.SIGINT else signal.Signals(number).name
        self._stop.set()


def _remove_half(server: ServerHome) -> None:
    """What a supervisor was killed at. Nobody else writes there, and nobody does yet."""
    for folder in (server.run, server.tls, *(server.run / "sites").glob("*")):
        remove_parts(folder)


def _served_already(server: ServerHome) -> UsageError:
    note = read_note(server)
    found = f"process {note.pid} serves it at {note.url}" if note else "another process holds its lock"
    return UsageError(
        f"{server.root} is served already.",
        found=found,
        fix="Stop that one first, or name another home: --home DIR",
    )
