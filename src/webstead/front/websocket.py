"""WebSocket between a client and a platform process: messages and close codes, both ways, with
back-pressure.

The process is asked first, so that its refusal becomes the client's answer. The server passes no headers of
an accepted upgrade but the subprotocol, and no reason of a client's close: those of the process end here.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from webstead.front.exchange import SERVER, Exchange
from webstead.front.headers import response_headers
from webstead.front.limits import CONNECT_SECONDS, WEBSOCKET_MESSAGE, WEBSOCKET_OPEN_SECONDS
from webstead.front.upstream import Lost

__all__ = ["bridge"]

_NEVER_SENT = frozenset({1005, 1006, 1015})
"""Codes that never travel in a close frame (RFC 6455, 7.4.1)."""
_NORMAL = 1000
_GOING_AWAY = 1001
_INTERNAL_ERROR = 1011
_OURS = frozenset({"host", "connection", "upgrade", "content-length", "transfer-encoding"})
"""What the handshake itself writes, beside sec-websocket-*; the message formats of both sides are their
own."""


class _Connect(connect):
    """The client's connect, but a redirect is the process's answer like any other refusal, never followed."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def bridge(
    exchange: Exchange,
    address: str | tuple[str, int],
    host: str,
    target: str,
    headers: Mapping[str, str],
    tls: ssl.SSLContext | None = None,
) -> None:
    """Connect to the process and pass messages until either side closes.

    address: a Unix socket's path, or host and port. headers: to send, without those of the handshake. tls:
    speak it, to a server of the address's name. Raises Lost when the process does not answer.
    """
    await exchange.receive()  # websocket.connect
    try:
        upstream = await _open(exchange, address, f"{'wss' if tls else 'ws'}://{host}{target}", headers, tls)
    except InvalidStatus as refusal:
        await _refuse(exchange, refusal)
        return
    except (OSError, InvalidHandshake) as error:
        raise Lost(f"no WebSocket: {error}") from error
    async with upstream:
        exchange.status = 101
        await exchange.send({"type": "websocket.accept", "subprotocol": upstream.subprotocol, "headers": []})
        await _pass_both_ways(exchange, upstream)


async def _open(
    exchange: Exchange,
    address: str | tuple[str, int],
    uri: str,
    headers: Mapping[str, str],
    tls: ssl.SSLContext | None,
) -> ClientConnection:
    passed = [
        (name, value)
        for name, value in headers.items()
        if name not in _OURS and not name.startswith("sec-websocket-")
    ]
    subprotocols = [Subprotocol(name) for name in exchange.scope.get("subprotocols", [])]
    async with asyncio.timeout(CONNECT_SECONDS):
        sock = await _socket_to(address)
    return await _Connect(
        uri,
        sock=sock,
        ssl=tls,
        server_hostname=address[0] if tls else None,
        additional_headers=passed,
        subprotocols=subprotocols or None,
        user_agent_header=None,
        compression=None,  # both ends are on this machine
        proxy=None,
        ping_interval=None,  # the process pings if it wants to
        max_size=WEBSOCKET_MESSAGE,
        open_timeout=WEBSOCKET_OPEN_SECONDS,
        close_timeout=CONNECT_SECONDS,
    )


async def _socket_to(address: str | tuple[str, int]) -> socket.socket:
    if isinstance(address, str):
        family = socket.AF_UNIX
    else:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _refuse(exchange: Exchange, refusal: InvalidStatus) -> None:
    """The process's own answer to the upgrade, as the client's."""
    response = refusal.response
    pairs = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.raw_items()
    ]
    headers = [pair for pair in response_headers(pairs, SERVER) if pair[0] != b"content-length"]
    body = bytes(response.body or b"")
    exchange.status, exchange.size = response.status_code, len(body)
    headers.append((b"content-length", b"%d" % len(body)))
    await exchange.send(
        {"type": "websocket.http.response.start", "status": response.status_code, "headers": headers}
    )
    await exchange.send({"type": "websocket.http.response.body", "body": body})


async def _pass_both_ways(exchange: Exchange, upstream: ClientConnection) -> None:
    """Until one side closes. The server sends a close frame only while nobody waits for a message."""
    up = asyncio.create_task(_client_to_process(exchange, upstream))
    down = asyncio.create_task(_process_to_client(exchange, upstream))
    try:
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
    finally:
        up.cancel()
        down.cancel()
        await asyncio.wait((up, down))
    for task in (up, down):
        if not task.cancelled() and (error := task.exception()) and not exchange.gone:
            raise error
    if not exchange.gone:
        code, reason = _code_for_client(upstream.close_code), upstream.close_reason or ""
        await exchange.send({"type": "websocket.close", "code": code, "reason": reason})


async def _client_to_process(exchange: Exchange, upstream: ClientConnection) -> None:
    while True:
        message = await exchange.receive()
        if message["type"] == "websocket.disconnect":
            exchange.gone = True
            code = message.get("code", _GOING_AWAY)
            await upstream.close(_GOING_AWAY if code in _NEVER_SENT else code, message.get("reason") or "")
            return
        text, data = message.get("text"), message.get("bytes")
        try:
            await upstream.send(text if text is not None else data or b"")
        except ConnectionClosed:  # the other direction passes the close on
            await asyncio.Event().wait()


async def _process_to_client(exchange: Exchange, upstream: ClientConnection) -> None:
    while True:
        try:
            message = await upstream.recv()
        except ConnectionClosed:
            return
        exchange.size += len(message)
        kind = "text" if isinstance(message, str) else "bytes"
        await exchange.send({"type": "websocket.send", kind: message})


def _code_for_client(code: int | None) -> int:
    """A process that closed without a code closed normally; one that vanished failed."""
    if code == 1005:
        return _NORMAL
    return _INTERNAL_ERROR if code is None or code in _NEVER_SENT else code
