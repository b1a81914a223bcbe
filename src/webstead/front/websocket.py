"""WebSocket between a client and a platform process, or another server: the handshake is judged, and then
bytes pass both ways as they are.

What is said on an open WebSocket is between its two ends: frames and fragments, pings, the close with its
code and reason arrive as they were sent, and nothing of a message is held here but what the slower side has
not taken.

The server writes the 101 to the client itself, with no headers but the subprotocol. So extensions
(permessage-deflate) are not offered to the process, and cookies on its 101 end here. A process that answers
anything but a 101 has refused: that is the client's answer, passed on like any other.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import socket
from collections.abc import Mapping

from webstead.front.asgi import Headers
from webstead.front.client_socket import client_socket
from webstead.front.exchange import Exchange
from webstead.front.limits import LINGER_SECONDS
from webstead.front.upstream import Head, Lost, Upstream
from webstead.front.wire import Wire, as_wire

__all__ = ["is_key", "splice", "upgrade_headers"]

_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_DROPPED = frozenset({b"sec-websocket-extensions", b"sec-websocket-accept"})


def is_key(value: bytes) -> bool:
    """Whether this is a Sec-WebSocket-Key: 16 bytes in base64."""
    return _KEY.fullmatch(value) is not None


def upgrade_headers(passed: Headers) -> Headers:
    """The headers that ask a process for a WebSocket. passed: what is passed on of any request."""
    kept = [pair for pair in passed if pair[0] not in _DROPPED]
    return [*kept, (b"connection", b"Upgrade"), (b"upgrade", b"websocket")]


async def splice(exchange: Exchange, upstream: Upstream, head: Head) -> None:
    """Accept the client's upgrade, as the process has, and pass bytes until both sides have ended. Raises
    Lost when the process's handshake is none, before the client is answered, or when it is gone then."""
    subprotocol = _agreed(exchange, dict(head.headers))
    found = await client_socket(exchange.scope)
    if found is None:
        raise Lost("the client's connection is not TCP: no WebSocket can be passed on")
    with found:
        exchange.status = head.status
        await exchange.send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})
        loop = asyncio.get_running_loop()
        client, process = _Side(loop), _Side(loop)
        client.far = upstream.hand_over(process)
        process.half_open = client.far.can_write_eof()
        transport, _ = await loop.create_connection(lambda: client, sock=found.dup())
        process.far = as_wire(transport)
        try:
            process.far.write(upstream.take())
            client.far.resume_reading()
            await asyncio.wait((client.ended, process.ended), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((client.ended, process.ended), timeout=LINGER_SECONDS)
        finally:
            exchange.size = process.size
            client.far.abort()
            process.far.abort()
            with contextlib.suppress(OSError):  # the client was faster
                found.shutdown(socket.SHUT_RDWR)  # or the server, which holds it too, would say its own close


def _agreed(exchange: Exchange, told: Mapping[bytes, bytes]) -> str | None:
    """The subprotocol that the process has chosen. Raises Lost for a handshake that a client must not take
    for one (RFC 6455, 4.1)."""
    digest = hashlib.sha1(exchange.headers[b"sec-websocket-key"] + _GUID, usedforsecurity=False).digest()
    if told.get(b"sec-websocket-accept") != base64.b64encode(digest):
        raise Lost("the 101 is not of a WebSocket: its Sec-WebSocket-Accept is not that of the request's key")
    if b"sec-websocket-extensions" in told:
        raise Lost("the app's WebSocket uses an extension that nobody offered")
    chosen = told.get(b"sec-websocket-protocol")
    if chosen is None:
        return None
    name = chosen.decode("latin-1")
    if name not in exchange.scope.get("subprotocols", []):
        raise Lost(f"the app's WebSocket speaks {name}, which the client did not offer")
    return name


class _Side(asyncio.Protocol):
    """One of the two connections of a WebSocket: what comes from it goes to the far one. ended: nothing more
    will come. half_open: it can hear when it no longer speaks. size: bytes that came."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self.far: Wire | None = None
        self.half_open = True
        self.size = 0

    def data_received(self, data: bytes) -> None:
        far = self.far
        if far is not None and not far.is_closing():
            self.size += len(data)
            far.write(data)

    def eof_received(self) -> bool:
        """It has said its last word; it may still hear the far one's, unless it speaks TLS."""
        far = self.far
        if far is not None and not far.is_closing():
            if far.can_write_eof():
                far.write_eof()
            else:
                far.close()
        self._end()
        return self.half_open

    def connection_lost(self, exc: Exception | None) -> None:
        if self.far is not None and not self.far.is_closing():
            self.far.close()
        self._end()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def pause_writing(self) -> None:
        if self.far is not None and not self.far.is_closing():
            self.far.pause_reading()

    def resume_writing(self) -> None:
        if self.far is not None and not self.far.is_closing():
            self.far.resume_reading()
