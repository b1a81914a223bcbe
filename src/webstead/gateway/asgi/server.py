"""An ASGI app behind FastCGI: start it, serve connections, stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine, Mapping
from typing import Any, Callable

from webstead.gateway.asgi.cycle import Host
from webstead.gateway.asgi.interface import AsgiApp
from webstead.gateway.asgi.lifespan import Lifespan
from webstead.gateway.asgi.loop import new_loop
from webstead.gateway.asgi.service import Service
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Observation
from webstead.gateway.transport.channel import Channel, ChannelListener
from webstead.gateway.transport.listen import Listener

__all__ = ["MOST_CONNECTIONS", "AsgiServer"]

MOST_CONNECTIONS = 960
"""Connections held at once when the caller knows no better: the usual 1,024 descriptors, less 64 for the
app."""


class AsgiServer:
    """One event loop, in the thread that calls run_listener or run_channel, once.

    dialect: puts a request's parameters right, in place. multiplex: requests at once on one connection.
    shows: who may see the traceback of a failure. most: connections held at once. started: called when the
    app has started, before the first request is accepted. hand_over: gives a connection between two requests
    to another process. told: failures are told to the web server, too, for its log.
    """

    def __init__(
        self,
        app: AsgiApp,
        log: Log,
        dialect: Callable[[dict[str, str]], None],
        observation: Observation | None,
        multiplex: int,
        shows: Callable[[Mapping[str, str]], bool],
        *,
        most: int = MOST_CONNECTIONS,
        started: Callable[[], None] = lambda: None,
        hand_over: Callable[[socket.socket], bool] = lambda connection: False,
        told: bool = True,
    ) -> None:
        self._app = app
        self._log = log
        self._dialect = dialect
        self._observation = observation
        self._multiplex = multiplex
        self._shows = shows
        self._most = most
        self._on_start = started
        self._hand_over = hand_over
        self._told = told
        self.code = 0
        self._service: Service | None = None
        self._asked_to_stop = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def run_listener(self, listener: Listener) -> None:
        """Serve until stop() was called and the requests in progress have been answered; the listener is
        closed then. Raises StartFailure (BAD_APP) when the app says that it cannot start.
        """
        self._run(new_loop(readers=True), lambda service: service.listen(listener))

    def run_channel(self, channel: Channel) -> None:
        """The same for one connection, which is closed then; also when the server closes it. Afterwards
        `code` is the exit code, as Solo's."""
        self._run(new_loop(readers=False), lambda service: service.attach(channel))

    def run_channels(self, listener: ChannelListener) -> None:
        """The same for one channel after the other; the listener is closed then."""
        try:
            self._run(new_loop(readers=False), lambda service: service.attach_each(listener))
        finally:
            listener.close()

    def stop(self) -> None:
        """Accept no more, answer what has begun, end the app's lifespan, then return from run_*. From any
        thread or signal handler.
        """
        self._asked_to_stop = True
        if self._loop is not None and self._stop is not None:
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:  # the loop is closed: it is over already
                return

    def adopt(self, connection: socket.socket) -> None:
        """Serve a connection that another process has handed over. From any thread."""
        loop, service = self._loop, self._service
        try:
            if loop is None or service is None:
                self._return(connection)
            else:
                loop.call_soon_threadsafe(service.adopt, connection)
        except RuntimeError:  # the loop is closed
            self._return(connection)

    def _return(self, connection: socket.socket) -> None:
        """It came too early or too late."""
        with connection:
            self._hand_over(connection)

    def _run(
        self, loop: asyncio.AbstractEventLoop, begin: Callable[[Service], Coroutine[Any, Any, None]]
    ) -> None:
        try:
            loop.run_until_complete(self._serve(loop, begin))
        finally:
            try:
                _cancel_all(loop)
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.run_until_complete(loop.shutdown_default_executor())
            finally:
                loop.close()

    async def _serve(
        self, loop: asyncio.AbstractEventLoop, begin: Callable[[Service], Coroutine[Any, Any, None]]
    ) -> None:
        self._stop = asyncio.Event()
        self._loop = loop
        if self._asked_to_stop:  # before there was a loop to tell
            self._stop.set()
        lifespan = Lifespan(self._app, self._log)
        if not await _first(lifespan.start(), self._stop.wait()):
            return
        host = Host(self._app, self._log, loop, self._observation, self._shows, self._told)
        service = Service(host, self._dialect, lifespan.state, self._multiplex, self._most, self._hand_over)
        self._service = service
        self._on_start()
        serving = asyncio.ensure_future(begin(service))
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        service.stop()
        await serving
        await service.over()
        self.code = service.code
        await lifespan.stop()


async def _first(one: Coroutine[Any, Any, None], other: Coroutine[Any, Any, Any]) -> bool:
    """Whether `one` is over first, of the two; the other one is cancelled. Raises what `one` raises."""
    tasks = asyncio.ensure_future(one), asyncio.ensure_future(other)
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    if tasks[0].cancelled():
        return False
    tasks[0].result()
    return True


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    """What the app left running ends with its loop, as under other servers."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks))
