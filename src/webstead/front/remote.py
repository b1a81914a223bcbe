"""Requests that a rule passes to another server (`<action type="Rewrite" url="http://…">`), over HTTP/1.1 or
TLS, streaming both ways; WebSockets too.

Connections are kept and used again, as those to the site's own processes are. The certificate of a server
that is asked over TLS is verified against the system's authorities; there is no way to switch that off.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping

from webstead.formats.webconfig.model import Remote
from webstead.front.asgi import Received, Send
from webstead.front.error_page import Problem
from webstead.front.exchange import Exchange
from webstead.front.forward import Watches, forward
from webstead.front.limits import (
    CONNECT_SECONDS,
    CONNECTIONS_PER_ENDPOINT,
    IDLE_HTTP_SECONDS,
    REMOTE_IDLE,
    REMOTE_SERVERS,
)
from webstead.front.outgoing import Outgoing, http_request
from webstead.front.serving import Destination
from webstead.front.upstream import Lost, Upstream

__all__ = ["Servers", "Unreachable", "reversed_location"]

_CIRCLE = 32
"""Hops that a request may have behind it: one that a server passes to itself would never end."""
_BAD_GATEWAY, _GATEWAY_ERROR = 502, 3
_CIRCLE_FIX = "Look for a rule whose target is this site: exempt what it passes on with a condition."


class Unreachable(Exception):
    """No connection to the server, and why."""

    def __init__(self, found: str, fix: str) -> None:
        super().__init__(found)
        self.found = found
        self.fix = fix


class Server:
    """The connections to one server, idle (newest last) or busy."""

    def __init__(self, remote: Remote, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None) -> None:
        self._host, self._port = remote.host, remote.port
        self._name = f"{remote.scheme}://{remote.authority}"
        self._loop = loop
        self._tls = tls
        self._idle: list[Upstream] = []
        self.busy = 0

    second_chance = False
    """What a new connection closed on is not sent again."""

    def take(self) -> Upstream | None:
        oldest = self._loop.time() - IDLE_HTTP_SECONDS
        while self._idle:
            upstream = self._idle.pop()
            if not upstream.lost and upstream.idle_since >= oldest:
                self.busy += 1
                return upstream
            upstream.abort()
        return None

    async def acquire(self) -> Upstream:
        """A new connection. Raises Unreachable."""
        if self.busy >= CONNECTIONS_PER_ENDPOINT:
            raise Unreachable(f"{self._name}: {self.busy} requests are in flight", "Try again shortly.")
        self.busy += 1
        try:
            return await self._open()
        except BaseException:
            self.busy -= 1
            raise

    async def _open(self) -> Upstream:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, upstream = await self._loop.create_connection(
                    lambda: Upstream(self._loop), self._host, self._port, ssl=self._tls
                )
        except OSError as error:  # TimeoutError and SSLError are such
            raise Unreachable(f"{self._name}: {_words(error)}", _fix(error, self._name)) from error
        return upstream

    def spare(self, upstream: Upstream) -> None:
        upstream.spared = True
        self.busy -= 1

    def release(self, upstream: Upstream) -> None:
        if not upstream.spared:
            self.busy -= 1
        if upstream.reusable and not upstream.lost and len(self._idle) < REMOTE_IDLE:
            upstream.idle_since = self._loop.time()
            self._idle.append(upstream)
        else:
            upstream.abort()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().abort()


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no connection within {CONNECT_SECONDS:g} seconds"
    return str(error) or type(error).__name__


def _fix(error: OSError, name: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            "Give the server a certificate for this name, of an authority that this machine trusts"
            " (SSL_CERT_FILE names others), or pass requests on with http://."
        )
    if isinstance(error, ssl.SSLError):
        return "The server does not speak TLS as it should: is http:// meant?"
    if isinstance(error, socket.gaierror):
        return "Correct the name in the rule, or teach it to this machine."
    return f"Start the server at {name}, or correct its address in the rule."


class Servers:
    """All servers that rules have led to, kept by their addresses."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._known: dict[tuple[str, str, int], Server] = {}
        self._tls: ssl.SSLContext | None = None

    async def pass_on(
        self, exchange: Exchange, destination: Destination, remote: Remote, host: bytes, watches: Watches
    ) -> None:
        """Ask the server and send on what it answers. Raises Broken, ClientGone and ClientSlow."""
        try:
            if exchange.headers.get(b"x-forwarded-for", b"").count(b",") >= _CIRCLE - 1:
                raise Unreachable(
                    f"the request has passed {_CIRCLE} proxies: it goes in a circle", _CIRCLE_FIX
                )
            await self._ask(exchange, destination, remote, host, watches)
        except Unreachable as error:
            await exchange.refuse(_problem("The other server could not be reached.", error.found, error.fix))
        except Lost as error:
            fix = f"Look at what the server at {remote.authority} says of this request."
            await exchange.refuse(_problem("The other server did not answer as it should.", str(error), fix))

    async def _ask(
        self, exchange: Exchange, destination: Destination, remote: Remote, host: bytes, watches: Watches
    ) -> None:
        outgoing = await http_request(exchange, destination, host)
        if remote.proxy.reverse_host:
            _reverse(exchange, remote, host)
        await self._within(remote.proxy.seconds, exchange, self._server(remote), outgoing, watches)

    async def _within(
        self, seconds: float, exchange: Exchange, server: Server, outgoing: Outgoing, watches: Watches
    ) -> None:
        """The time counts from the last part of the request's body to the head of the response."""
        send, receive = exchange.send, exchange.receive

        async def answering(message: Mapping[str, object]) -> None:
            limit.reschedule(None)
            await send(message)

        async def receiving() -> Received:
            if not exchange.status:
                limit.reschedule(self._loop.time() + seconds)
            return await receive()

        exchange.send, exchange.receive = answering, receiving
        try:
            async with asyncio.timeout(seconds) as limit:
                await forward(exchange, server, outgoing, watches)
        except TimeoutError:
            found = f"no answer within {seconds:g} seconds"
            raise Unreachable(found, "Make the server faster, or raise timeout= of <proxy>.") from None
        finally:
            exchange.send, exchange.receive = send, receive  # an error page has no such limit

    def _server(self, remote: Remote) -> Server:
        key = (remote.scheme, remote.host, remote.port)
        server = self._known.get(key)
        if server is None:
            if len(self._known) >= REMOTE_SERVERS:
                self._known.pop(next(iter(self._known))).close()
            tls = self._context() if remote.scheme == "https" else None
            server = self._known[key] = Server(remote, self._loop, tls)
        return server

    def _context(self) -> ssl.SSLContext:
        """Made when it is first needed: reading the system's authorities takes 20 ms."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


def _problem(what: str, found: str, fix: str) -> Problem:
    return Problem(_BAD_GATEWAY, what, found, fix, sub_status=_GATEWAY_ERROR)


def _reverse(exchange: Exchange, remote: Remote, host: bytes) -> None:
    """A redirect of the server to itself is one to this site, for the client knows no other."""
    send: Send = exchange.send
    secure = exchange.scope["scheme"] in ("https", "wss")
    site = (b"https://" if secure else b"http://") + host

    async def reversing(message: Mapping[str, object]) -> None:
        headers = message.get("headers")
        if isinstance(headers, list) and host:
            message = {**message, "headers": [reversed_location(pair, remote, site) for pair in headers]}
        await send(message)

    exchange.send = reversing


def reversed_location(header: tuple[bytes, bytes], remote: Remote, site: bytes) -> tuple[bytes, bytes]:
    """A Location or Content-Location below the server's address, as one below the site's. site: scheme and
    Host, as the client knows them."""
    name, value = header
    if name not in (b"location", b"content-location"):
        return header
    host = f"[{remote.host}]" if ":" in remote.host else remote.host
    for authority in {remote.authority, f"{host}:{remote.port}"}:
        start = f"{remote.scheme}://{authority}".encode()
        if value[: len(start)].lower() == start and value[len(start) : len(start) + 1] in b"/?#":
            return name, site + value[len(start) :]
    return header
