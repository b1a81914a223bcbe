"""The connections and requests of a running event loop, from the first to the last."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any, Callable

from webstead.formats.fastcgi.server import Request, ServerConnection
from webstead.gateway.asgi.acceptor import Acceptor
from webstead.gateway.asgi.channel_wire import ChannelWire
from webstead.gateway.asgi.connection import Connection
from webstead.gateway.asgi.cycle import Cycle, Host
from webstead.gateway.asgi.scope import make_scope
from webstead.gateway.asgi.wire import SocketWire, Waiters, Wire
from webstead.gateway.engine.connection import SECONDS_TO_WAIT
from webstead.gateway.engine.solo import CUT_SHORT
from webstead.gateway.observe.observation import Ticket
from webstead.gateway.transport.channel import Channel, ChannelListener
from webstead.gateway.transport.listen import Listener
from webstead.gateway.wsgi.environ import REQUIRED

__all__ = ["Service"]


class Service:
    """state: of the lifespan, copied for each request. Made, and called, in the loop. code: that of the last
    connection that was attached, see Connection."""

    def __init__(
        self,
        host: Host,
        dialect: Callable[[dict[str, str]], None],
        state: Mapping[str, Any],
        multiplex: int,
        most: int,
        hand_over: Callable[[socket.socket], bool],
    ) -> None:
        self.stopping = False
        self.code = 0
        self.hand_over = hand_over
        self._host = host
        self._loop = host.loop
        self._context = copy_context()
        self._dialect = dialect
        self._state = state
        self._multiplex = multiplex
        self._most = most
        self._values = {
            "FCGI_MAX_CONNS": str(most),
            "FCGI_MAX_REQS": str(most * multiplex),
            "FCGI_MPXS_CONNS": "1" if multiplex > 1 else "0",
        }
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changes = Waiters(self._loop)
        self._acceptor: Acceptor | None = None
        self._channels: ChannelListener | None = None

    async def listen(self, listener: Listener) -> None:
        """Accept connections, up to the most that may be held at once, until a stop."""
        self._acceptor = Acceptor(
            self._loop, listener, self._accepted, lambda: len(self._connections) < self._most
        )
        self._acceptor.start()
        looking = self._loop.create_task(self._look())
        try:
            while not self.stopping:
                await self._changes.wait()
        finally:
            looking.cancel()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_TO_WAIT)
            for connection in list(self._connections):
                connection.cut_stale(SECONDS_TO_WAIT)

    async def attach(self, channel: Channel) -> None:
        """Serve one connection that is there already, to its end."""
        wire = ChannelWire(self._loop, channel, self._context)
        connection = self._connect(wire)
        if self.stopping:
            connection.close_idle()
        while connection in self._connections:
            await self._changes.wait()
        self.code = connection.code
        if self.code == CUT_SHORT:
            self._host.log.line("a request was cut short: the server closed the connection")
        await self._loop.run_in_executor(None, wire.join)

    async def attach_each(self, listener: ChannelListener) -> None:
        """Serve one channel after the other, until there are no more, or a stop."""
        self._channels = listener
        while not self.stopping:
            channel = await self._loop.run_in_executor(None, listener.accept)
            if channel is None:
                return
            await self.attach(channel)

    def adopt(self, connection: socket.socket) -> None:
        """Serve a connection that another process has handed over, between two requests."""
        connection.setblocking(False)
        self._accepted(connection)
        if self.stopping:
            self.stop()

    def _accepted(self, accepted: socket.socket) -> None:
        self._connect(SocketWire(self._loop, accepted, self._context))

    def _connect(self, wire: Wire) -> Connection:
        codec = ServerConnection(
            self._values, gather=0, base=REQUIRED, most_requests=self._multiplex
        )  # gather: a body streams from its first byte on
        connection = Connection(self, wire, codec, spooled=self._multiplex > 1)
        self._connections.add(connection)
        connection.begin()
        return connection

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if self._acceptor is not None:
            self._acceptor.start()
        self._changes.wake()

    def cycle(self, connection: Connection, request: Request) -> Cycle:
        self._dialect(request.params)
        return Cycle(self._host, connection, request, make_scope(request.params, self._state))

    def run(self, cycle: Cycle) -> None:
        if sys.version_info >= (3, 12):  # a task that starts at once saves a turn of the loop
            task = asyncio.Task(cycle.run(), loop=self._loop, eager_start=True)
            if task.done():
                return
        else:
            task = self._loop.create_task(cycle.run())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self.stopping:
            self._changes.wake()

    def refused(self, status: int, message: str) -> None:
        self._host.log.line(f"refused: {message}")
        observation = self._host.observation
        if observation is not None:
            ticket = Ticket({}, lambda: None)
            observation.begin(ticket)
            observation.end(ticket, status, 0, 0, "refused")

    def idle(self, connection: Connection) -> None:
        self._loop.call_soon(connection.close_idle, context=self._context)

    def stop(self) -> None:
        """Accept no more, and close what waits for a next request."""
        self.stopping = True
        if self._acceptor is not None:
            self._acceptor.stop()
        if self._channels is not None:
            self._channels.interrupt()
        for connection in list(self._connections):
            connection.close_idle()
        self._changes.wake()

    async def over(self) -> None:
        """Returns when no connection is left, and no request runs."""
        while self._connections or self._tasks:
            await self._changes.wait()
