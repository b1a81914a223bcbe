"""One process that serves: load the app, put together what answers requests, and run it until a stop is
asked for.
"""

from __future__ import annotations

import os
import random
import socket
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Protocol

from webstead.gateway.dialect import Dialect
from webstead.gateway.engine.engine import Engine, most_connections
from webstead.gateway.engine.poller import best_poller
from webstead.gateway.engine.solo import ONE_CHANNEL, Solo, SoloListener
from webstead.gateway.failure import StartFailure
from webstead.gateway.hiding import unhidden
from webstead.gateway.loading.interface import App, AsgiApp
from webstead.gateway.loading.loader import Loaded, LoadedWsgi, load_app
from webstead.gateway.observe.access_log import AccessLog
from webstead.gateway.observe.details import sees_details
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Observation, Sink, Ticket
from webstead.gateway.options import check_target
from webstead.gateway.processes.control import Control
from webstead.gateway.processes.memory import memory_reader
from webstead.gateway.processes.recycle import MemoryLimit, RequestLimit, draw_limit
from webstead.gateway.processes.watchdog import Check, RequestTimeLimit, Watchdog
from webstead.gateway.setup import Setup
from webstead.gateway.stopping import Stop
from webstead.gateway.transport.channel import ChannelListener
from webstead.gateway.transport.listener import Listener
from webstead.gateway.wsgi.environ import own_values
from webstead.gateway.wsgi.runner import Runner

if TYPE_CHECKING:
    from webstead.gateway.observe.metrics import Metrics
    from webstead.gateway.observe.metrics_server import MetricsServer

__all__ = ["SHOWS", "Instruments", "serve"]

Shows = Callable[[Mapping[str, Any]], bool]
"""Whether who asks, by these parameters, may see the traceback of a failure."""

SHOWS: dict[str, Shows] = {
    "local": sees_details,
    "always": lambda params: True,
    "never": lambda params: False,
}
"""By --errors."""


class Instruments(NamedTuple):
    """What is opened before there are workers, because they share it."""

    log: Log
    access_log: AccessLog | None = None
    metrics: Metrics | None = None
    metrics_server: MetricsServer | None = None

    def reopen(self) -> None:
        self.log.reopen()
        if self.access_log is not None:
            self.access_log.reopen()

    def close(self) -> None:
        """Give up the address of the metrics, once who asks for them now has been answered."""
        if self.metrics_server is not None:
            self.metrics_server.close()


class Server(Protocol):
    """run: serve until stop() was called and the requests in progress have been answered; the exit code."""

    def run(self) -> int: ...

    def stop(self) -> None: ...


class _Parts(NamedTuple):
    """What every kind of server is made of."""

    setup: Setup
    log: Log
    observation: Observation | None
    dialect: Dialect
    shows: Shows
    told: bool
    control: Control
    adoption: _Adoption


class _Adoption:
    """What is done with a connection that another process hands over: nothing, before there is a server."""

    def __init__(self) -> None:
        self.take: Callable[[socket.socket], None] = socket.socket.close

    def __call__(self, connection: socket.socket) -> None:
        self.take(connection)


def serve(
    setup: Setup, instruments: Instruments, control: Control, stop: Stop, lifeline: int | None, told: bool
) -> int:
    """The exit code. told: failures of requests are told to the web server, too, which has a log of its own.
    Raises StartFailure.
    """
    options, log = setup.options, instruments.log
    stop.on_signals()
    if lifeline is not None:
        stop.on_lifeline(lifeline)
    adoption = _Adoption()
    control.watch(stop.begin, instruments.reopen, adoption)
    recycling = _Recycling(control, instruments.metrics)
    _watch_files(setup, log, recycling)  # before the app is loaded: a change meanwhile counts, too
    loaded = _loaded(setup, log)
    observation = _observed(setup, instruments, recycling)
    dialect = Dialect(options.mount, setup.settings.path_info)
    parts = _Parts(setup, log, observation, dialect, SHOWS[options.errors], told, control, adoption)
    if isinstance(loaded, LoadedWsgi):
        server = _wsgi_server(parts, loaded.app)
    else:
        server = _asgi_server(parts, loaded.app)
    stop.action = server.stop
    stop.watch_grace(options.grace)
    _watch_system(stop, log)
    _watch_limits(setup, observation, log, recycling)
    if instruments.metrics_server is not None:
        instruments.metrics_server.start()
    if isinstance(loaded, LoadedWsgi):  # an ASGI app's server says it when the lifespan has started
        control.loaded()  # from now on connections may be handed over to it
    code = server.run()
    log.note("stopped")
    return code


def _loaded(setup: Setup, log: Log) -> Loaded:
    options, settings = setup.options, setup.settings
    log.note(f"loading {options.target} with Python {sys.version.split()[0]}, process {os.getpid()}")
    if settings.debug_secret:
        with unhidden():
            from webstead.gateway.wfastcgi.debugging import enable_debugging
        enable_debugging(settings.debug_secret, settings.debug_address, log)
    try:
        check_target(options)
        loaded = load_app(options.target, os.environ, options.interface, is_file=options.is_paste)
    except StartFailure as failure:
        log.note(failure.as_text().rstrip())
        raise
    log.note(f"{options.target} is loaded")
    if settings.insights_key and isinstance(loaded, LoadedWsgi):
        with unhidden():
            from webstead.gateway.wfastcgi.insights import instrumented
        key, connection = settings.insights_key, settings.insights_connection
        return LoadedWsgi(instrumented(loaded.app, key, connection, log))
    return loaded


def _wsgi_server(parts: _Parts, app: App) -> Server:
    options, transport = parts.setup.options, parts.setup.transport
    listening = isinstance(transport, Listener)
    own = own_values(options.threads if listening else 1, several=options.count_of_workers != 1)
    runner = Runner(app, own, parts.log, parts.dialect, parts.shows, parts.told, parts.observation)
    server: Server
    if isinstance(transport, Listener):
        server = engine = Engine(
            transport,
            runner,
            best_poller(),
            options.threads,
            multiplex=options.multiplex,
            hand_over=parts.control.hand_over,
        )
        parts.adoption.take = engine.adopt
    elif isinstance(transport, ChannelListener):
        server = SoloListener(transport, runner, ONE_CHANNEL, parts.log)
    else:
        server = Solo(transport, runner, ONE_CHANNEL, parts.log)
    return server


def _asgi_server(parts: _Parts, app: AsgiApp) -> Server:
    options = parts.setup.options
    if options.threads > 1 and parts.told:  # a supervisor says it of every app
        parts.log.line("warning: --threads says nothing to an ASGI app, which runs on one event loop")
    with unhidden():
        from webstead.gateway.asgi.server import AsgiServer
        from webstead.gateway.asgi.transport import AsgiOn
    server = AsgiServer(
        app,
        parts.log,
        parts.dialect,
        parts.observation,
        options.multiplex,
        parts.shows,
        most=most_connections(),
        started=parts.control.loaded,
        hand_over=parts.control.hand_over,
        told=parts.told,
    )
    parts.adoption.take = server.adopt
    return AsgiOn(server, parts.setup.transport)


def _watch_system(stop: Stop, log: Log) -> None:
    """On Windows: the event that announces the end of this process."""
    if sys.platform == "win32":
        with unhidden():
            from webstead.gateway.windows.kernel32 import real_kernel
            from webstead.gateway.windows.shutdown_event import on_shutdown_event
        on_shutdown_event(real_kernel(), os.environ, stop.begin, log)


class _Recycling:
    """Asks for a successor of this process, and counts why. kind: as the metrics have it."""

    def __init__(self, control: Control, metrics: Metrics | None) -> None:
        self._control = control
        self.slot = metrics.claim() if metrics is not None else None

    def __call__(self, kind: str, reason: str) -> None:
        if self._control.retire(reason) and self.slot is not None:
            self.slot.recycled(kind)


def _observed(setup: Setup, instruments: Instruments, recycling: _Recycling) -> Observation | None:
    """None when nobody wants to know."""
    options = setup.options
    sinks: list[Sink] = []
    began: list[Callable[[Ticket], None]] = []
    if instruments.access_log is not None:
        sinks.append(instruments.access_log)
    if recycling.slot is not None:
        sinks.append(recycling.slot)
        began.append(recycling.slot.began)
    if options.max_requests:
        jitter = random.Random()  # noqa: S311 (no secret: processes are not to be replaced all at once)
        most = draw_limit(options.max_requests, options.max_requests_jitter, jitter)
        sinks.append(RequestLimit(most, partial(recycling, "requests")))
    return Observation(sinks, began) if sinks or options.request_timeout else None


def _watch_limits(setup: Setup, observation: Observation | None, log: Log, recycling: _Recycling) -> None:
    options = setup.options
    checks: list[Check] = []
    if options.max_memory:
        reader = memory_reader()
        if reader is None:
            log.line("warning: --max-memory is not watched: this system does not tell")
        else:
            checks.append(MemoryLimit(options.max_memory, reader, partial(recycling, "memory")))
    if options.request_timeout and observation is not None:
        retire = partial(recycling, "time")
        checks.append(RequestTimeLimit(observation.active, options.request_timeout, log, retire))
    if checks:
        Watchdog(checks, log).start()


def _watch_files(setup: Setup, log: Log, recycling: _Recycling) -> None:
    if not setup.restart_on:
        return
    with unhidden():
        from webstead.gateway.watch.watch import Watch
    root = os.getcwd()

    def changed(path: str) -> None:
        recycling("files", f"{path or 'something'} in {root} has changed")

    log.note(f"restarts when a file in {root} changes that matches {setup.restart_on}")
    Watch(root, setup.restart_on, changed, log.line).start()
