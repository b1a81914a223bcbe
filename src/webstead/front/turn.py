"""One request and its response, as the application sees them: `receive` and `send`, as ASGI has them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from webstead.front.asgi import Received
from webstead.front.inbound import Inbound
from webstead.front.reply import Reply

__all__ = ["Client", "Shared", "Turn"]

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_DISCONNECT: Received = {"type": "http.disconnect"}


class Shared(Protocol):
    """What is the same for all clients of a server. date: the header's line, a second old at most.
    draining: no further request is taken."""

    loop: asyncio.AbstractEventLoop
    date: bytes
    draining: bool


class Client(Protocol):
    """The connection that the request came on. writable: it takes more at once."""

    writable: bool

    @property
    def broken(self) -> bool:
        """Nothing more comes of the client that is of use."""
        ...

    def read_on(self) -> None: ...

    def write(self, data: bytes) -> None: ...

    async def drained(self) -> None: ...

    async def write_file(self, path: str, first: int, length: int) -> None: ...


class Turn:
    """inbound: the request as far as it has come; reply: the response as far as it is made."""

    __slots__ = ("_clients", "_connection", "_told", "_waiting", "inbound", "reply")

    def __init__(self, connection: Client, clients: Shared, inbound: Inbound) -> None:
        self._connection = connection
        self._clients = clients
        self._waiting: asyncio.Future[None] | None = None
        self._told = False
        self.inbound = inbound
        self.reply = Reply(inbound.method, inbound.version, inbound.closes or clients.draining)

    def wake(self) -> None:
        """Something has come: more of the body, or the client's end."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def receive(self) -> Received:
        inbound, connection = self.inbound, self._connection
        while True:
            if inbound.held or (inbound.complete and not self._told):
                self._told = inbound.complete
                data = inbound.take()
                connection.read_on()
                told: Received = {"type": "http.request", "body": data, "more_body": not inbound.complete}
                if inbound.complete and inbound.trailers:
                    told["trailers"] = inbound.trailers
                return told
            if connection.broken:
                return _DISCONNECT
            if inbound.expects and not self.reply.started:
                inbound.expects = False
                connection.write(_CONTINUE)
            await self._something()

    async def _something(self) -> None:
        waiting = self._waiting = self._clients.loop.create_future()
        try:
            await waiting
        finally:
            if self._waiting is waiting:
                self._waiting = None

    async def send(self, message: Mapping[str, object]) -> None:
        """Raises Unsendable."""
        connection, reply = self._connection, self.reply
        kind = message["type"]
        if kind == "http.response.start":
            if not self.inbound.complete:
                reply.closes = True
            reply.start(message)
        elif kind == "http.response.body":
            body = message.get("body", b"")
            more = message.get("more_body", False)
            if isinstance(body, bytes):
                trailers = message.get("trailers")
                kept = trailers if isinstance(trailers, list) else []
                connection.write(reply.body(body, bool(more), self._clients.date, kept))
            if not connection.writable:
                await connection.drained()
        elif kind == "http.response.pathsend":
            await self._send_file(message)

    async def _send_file(self, message: Mapping[str, object]) -> None:
        path, first, length = message["path"], message["first"], message["length"]
        if isinstance(path, str) and isinstance(first, int) and isinstance(length, int):
            self._connection.write(self.reply.file(length, self._clients.date))
            await self._connection.write_file(path, first, length)
