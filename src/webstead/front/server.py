"""The HTTP/1.1 server of the front, on the listening sockets that it inherits.

HTTP/1.1 only, also over TLS: clients that can speak HTTP/2 agree on the older then. No connection is kept
from others by clients that stand still: those that have asked for nothing end after HEADER_SECONDS, and
earlier, the oldest first, when the places are needed."""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial

from webstead.front.connection import App, Connection
from webstead.front.greeting import Greeting
from webstead.front.limits import (
    CONNECTIONS,
    FEW_CONNECTIONS,
    FILES_RESERVED,
    KEEPALIVE_SECONDS,
    STALL_SECONDS,
)

__all__ = ["Entrance", "HttpServer", "allowance"]

_BACKLOG = 1024
_LOOK_SECONDS = 0.5
_FEW = (
    "front: room for {} connections of clients, as this process may open {} files."
    " For more: ulimit -Hn 65536, or LimitNOFILE=65536 in the unit."
)


def _connections() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files, connections = allowance(soft, hard)
    if files != soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    if connections < FEW_CONNECTIONS:
        print(_FEW.format(connections, hard), file=sys.stderr)
    return connections


def allowance(soft: int, hard: int) -> tuple[int, int]:
    """The soft limit of open files to set, and how many clients' connections it leaves room for. soft, hard:
    the limits as they are, maybe RLIM_INFINITY."""
    wanted = CONNECTIONS + FILES_RESERVED
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft, CONNECTIONS
    files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    return files, max(files - FILES_RESERVED, files // 2)


def _drop_the_dead(listener: socket.socket) -> None:
    """Set on the listening socket what the connections it accepts inherit: the kernel closes those whose
    client is gone without a word, or takes nothing of what it is sent."""
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALL_SECONDS * 1000)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A listening socket, and what answers who comes there. context: of TLS; None for plain HTTP."""

    fd: int
    app: App
    context: ssl.SSLContext | None = None

    def receive(self, server: HttpServer) -> asyncio.Protocol:
        """A client that has just come."""
        if self.context is None:
            return Connection(server, self.app)
        return Greeting(server, self.context, partial(Connection, server, self.app, "https"))


class HttpServer:
    """Serves until `stop`, which takes no new connections and lets running requests end. Its public
    attributes are what connections share (`connection.Clients`)."""

    def __init__(self, entrances: Sequence[Entrance]) -> None:
        self.loop = asyncio.get_running_loop()
        self.date = b""
        self.now = self.loop.time()
        self.draining = False
        self._listeners = [(socket.socket(fileno=each.fd), each) for each in entrances]
        for listener, _ in self._listeners:
            _drop_the_dead(listener)
        self._most = _connections()
        self._connections: dict[Connection | Greeting, None] = {}
        self._over: asyncio.Future[None] = self.loop.create_future()
        self._servers: list[asyncio.Server] = []

    async def serve(self) -> None:
        """Returns when it was stopped and the last connection has ended."""
        self._look()
        self._servers = [
            await self.loop.create_server(partial(entrance.receive, self), sock=listener, backlog=_BACKLOG)
            for listener, entrance in self._listeners
        ]
        await self._over

    def stop(self) -> None:
        self.draining = True
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            if connection.waits:
                connection.close()
        self._end_if_empty()

    # What the connections tell

    def came(self, connection: Connection | Greeting) -> None:
        if len(self._connections) >= self._most:
            self._make_room()
        self._connections[connection] = None

    def went(self, connection: Connection | Greeting) -> None:
        self._connections.pop(connection, None)
        self._end_if_empty()

    def _make_room(self) -> None:
        """The oldest that waits for its client gives up its place. When all are answered, none does: the
        system keeps a reserve of files."""
        waiting = next((each for each in self._connections if each.waits), None)
        if waiting is not None:
            self._connections.pop(waiting)
            waiting.abort()

    def _end_if_empty(self) -> None:
        if self.draining and not self._connections and not self._over.done():
            self._over.set_result(None)

    def _look(self) -> None:
        """Twice a second: the time, and who has not kept it."""
        self.now = self.loop.time()
        self.date = b"date: " + formatdate(usegmt=True).encode() + b"\r\n"
        for connection in [each for each in self._connections if each.deadline < self.now]:
            connection.expire()
        if not self._over.done():
            self.loop.call_later(_LOOK_SECONDS, self._look)
