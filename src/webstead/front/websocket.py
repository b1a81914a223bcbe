"""WebSocket between a client and a platform process, or another server: the handshake is judged, and then
bytes pass both ways as they are.

What is said on an open WebSocket is between its two ends: frames and fragments, pings, the close with its
code and reason arrive as they were sent, and nothing of a message is held here but what the slower side has
not taken.

Extensions (permessage-deflate) are between them too, and so are the headers of the 101. A process that
answers anything but a 101 has refused: that is the client's answer, passed on like any other."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Mapping

from webstead.front.asgi import Headers
from webstead.front.exchange import Exchange
from webstead.front.limits import LINGER_SECONDS
from webstead.front.upstream import Head, Lost, Upstream
from webstead.front.wire import Wire

__all__ = ["is_key", "splice", "upgrade_headers"]

_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


def is_key(value: bytes) -> bool:
    """Whether this is a Sec-WebSocket-Key: 16 bytes in base64."""
    return _KEY.fullmatch(value) is not None


def upgrade_headers(passed: Headers) -> Headers:
    """The headers that ask a process for a WebSocket. passed: what is passed on of any request."""
    return [*passed, (b"connection", b"Upgrade"), (b"upgrade", b"websocket")]


async def splice(exchange: Exchange, upstream: Upstream, head: Head) -> None:
    """Accept the client's upgrade, as the process has, and pass bytes until both sides have ended. Raises
    Lost when the process's handshake is none, before the client is answered, or when it is gone then."""
    _check(exchange, dict(head.headers))
    exchange.status = head.status
    await exchange.send(head.message)
    await exchange.send({"type": "http.response.body", "body": b"", "more_body": True})
    loop = asyncio.get_running_loop()
    client, process = _Side(loop), _Side(loop)
    client.far = upstream.hand_over(process)
    process.half_open = client.far.can_write_eof()
    process.far, early = exchange.scope["hand_over"](client)
    try:
        client.far.write(early)
        process.far.write(upstream.take())
        client.far.resume_reading()
        process.far.resume_reading()
        await asyncio.wait((client.ended, process.ended), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((client.ended, process.ended), timeout=LINGER_SECONDS)
    finally:
        exchange.size = process.size
        client.far.abort()
        process.far.abort()


def _check(exchange: Exchange, told: Mapping[bytes, bytes]) -> None:
    """Raises Lost for a handshake that a client must not take for one (RFC 6455, 4.1)."""
    digest = hashlib.sha1(exchange.headers[b"sec-websocket-key"] + _GUID, usedforsecurity=False).digest()
    if told.get(b"sec-websocket-accept") != base64.b64encode(digest):
        raise Lost("the 101 is not of a WebSocket: its Sec-WebSocket-Accept is not that of the request's key")
    if b"sec-websocket-extensions" in told and b"sec-websocket-extensions" not in exchange.headers:
        raise Lost("the app's WebSocket uses an extension that nobody offered")
    chosen = told.get(b"sec-websocket-protocol")
    offered = exchange.headers.get(b"sec-websocket-protocol", b"")
    if chosen is not None and chosen.strip() not in (name.strip() for name in offered.split(b",")):
        name = chosen.decode("latin-1")
        raise Lost(f"the app's WebSocket speaks {name}, which the client did not offer")


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
