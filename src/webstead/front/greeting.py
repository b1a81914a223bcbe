"""A client that speaks TLS, until both sides have agreed on a key. It has its place among the connections,
and its time, like one that has not asked for anything yet."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol

from webstead.front.limits import HANDSHAKE_SECONDS, LINGER_SECONDS
from webstead.front.steps import Steps
from webstead.front.wire import Wire, as_wire

__all__ = ["Greeting"]


class Reception(Protocol):
    """Where clients are counted. now: seconds of the loop's clock, a second old at most."""

    loop: asyncio.AbstractEventLoop
    now: float

    def came(self, client: Greeting) -> None: ...

    def went(self, client: Greeting) -> None: ...


class Greeting(asyncio.Protocol):
    """make: the connection that goes on when the client has been greeted. deadline: on the loop's clock.

    It begins in the call that tells of the client, before a byte of it can be read by anybody else; and holds
    what comes behind the handshake until the connection can take it."""

    waits = True

    def __init__(
        self, reception: Reception, context: ssl.SSLContext, make: Callable[[], asyncio.Protocol]
    ) -> None:
        self._reception = reception
        self._context = context
        self._make = make
        self._wire: Wire | None = None
        self._early = b""
        self._lost = False
        self.deadline = reception.now + HANDSHAKE_SECONDS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = as_wire(transport)
        self._reception.came(self)
        Steps(self._greet(transport), self._reception.loop, self._greeted).step()

    async def _greet(self, transport: asyncio.BaseTransport) -> None:
        """uvloop tells of a connection that was cut meanwhile as of one that was greeted."""
        wire = await self._reception.loop.start_tls(
            transport,  # type: ignore[arg-type]  # uvloop's is none of asyncio's classes
            self,
            self._context,
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=LINGER_SECONDS,
        )
        if wire is not None and not (self._lost or as_wire(transport).is_closing()):
            self._go_on(wire)

    def _go_on(self, wire: asyncio.Transport) -> None:
        connection = self._make()
        wire.set_protocol(connection)
        connection.connection_made(wire)
        if self._early and not wire.is_closing():
            connection.data_received(self._early)

    def _greeted(self, error: BaseException | None) -> None:
        """A client that speaks no TLS, has no time, or is gone cannot be told anything."""
        self._reception.went(self)
        if error is not None:
            self.abort()
            if not isinstance(error, OSError):
                raise error

    def data_received(self, data: bytes) -> None:
        self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True

    def expire(self) -> None:
        self.abort()

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self._wire is not None:
            self._wire.abort()
