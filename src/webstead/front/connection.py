"""One client's connection: its requests are answered one after the other, each by a coroutine of the
application.

The bytes are read by `inbound`, responses are made by `reply`; here is what lies between: flow control both
ways, time-outs, and how a connection ends. What an application gets of it is a `turn`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Literal, Protocol

from webstead.front.asgi import Receive, Scope, Send
from webstead.front.error_page import Problem
from webstead.front.exchange import ClientGone
from webstead.front.inbound import Inbound, Malformed, RequestParser
from webstead.front.limits import FED_AT_ONCE, HEADER_SECONDS, LINGER_SECONDS
from webstead.front.reply import Reply
from webstead.front.sendfile import send_file, write_file
from webstead.front.steps import Steps
from webstead.front.turn import Shared, Turn
from webstead.front.wire import Wire

__all__ = ["App", "Clients", "Connection", "Scheme"]

App = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]
Scheme = Literal["http", "https"]
_AT_ONCE = 16
"""Requests that one client has answered before others have their turn."""
_RESET = struct.pack("ii", 1, 0)


class Clients(Shared, Protocol):
    """What the connections of a server share. now: seconds of the loop's clock, a second old at most."""

    now: float

    def came(self, connection: Connection) -> None: ...

    def went(self, connection: Connection) -> None: ...


class Connection(asyncio.Protocol):
    """A client, from the first byte to the last. app: answers its requests. scheme: https where what comes
    was encrypted. deadline: on the loop's clock, when `expire` is due;
    infinity while a request is answered."""

    def __init__(self, clients: Clients, app: App, scheme: Scheme = "http") -> None:
        self._clients = clients
        self._app = app
        self._scheme: Scheme = scheme
        self._parser = RequestParser(self._begun)
        self._queue: deque[Inbound] = deque()
        self._refused: int | None = None  # the status that answers bytes that are no request
        self._transport: Wire | None = None
        self._turn: Turn | None = None
        self._advancing = False
        self._reading = True
        self._unfed = b""
        self._lingers = False
        self._heading = False  # the head that has begun has its time
        self._handed_over = False
        self._drained: asyncio.Future[None] | None = None
        self._peer: tuple[str, int] | None = None
        self._own: tuple[str, int] | None = None
        self.writable = True
        self.over = False
        self.ended = False
        self.deadline = clients.now + HEADER_SECONDS

    @property
    def broken(self) -> bool:
        """Nothing more comes of the client that is of use."""
        return self.ended or self._refused is not None

    @property
    def waits(self) -> bool:
        """For its client to ask for something."""
        return self._turn is None and (self._ends or not self._queue)

    # What the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, Wire):
            raise TypeError(f"not a stream: {transport!r}")
        self._transport = transport
        self._peer = transport.get_extra_info("peername") or None
        self._own = transport.get_extra_info("sockname") or None
        self._clients.came(self)
        if self._own is not None and self._peer is None:  # it was gone before we looked
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self._lingers or self._refused is not None:
            return
        if len(data) > FED_AT_ONCE + self._parser.plain:
            self._pause()
            self._unfed, data = data[FED_AT_ONCE:], data[:FED_AT_ONCE]
            self._clients.loop.call_soon(self._feed_on)
        self._feed(data)
        if self._is_ahead:
            self._pause()

    def _feed_on(self) -> None:
        """Others had their turn: thousands of small chunks, or heads, take a while."""
        data, self._unfed = self._unfed, b""
        if data and not self.over:
            self.data_received(data)
            if not self._unfed and not self._is_ahead:
                self.resume()

    @property
    def _is_ahead(self) -> bool:
        """Whether the client has sent more than is taken."""
        return bool(self._queue) or (self._turn is not None and self._turn.inbound.is_ahead)

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed(data)
        except Malformed as malformed:
            self._refused = malformed.status
        if self._turn is not None:
            self._turn.wake()
        elif self._queue or self._refused is not None:
            self._advance()
        elif self._parser.in_head and not self._heading:
            self._await_head()

    def eof_received(self) -> bool:
        """The client sends nothing more. What it has asked for is still answered, if it does not take long:
        one that has gone looks the same. Over TLS both sides end together."""
        self.ended = True
        if self._turn is not None:
            self._turn.wake()
        return self._scheme == "http" and not self.waits

    def connection_lost(self, exc: Exception | None) -> None:
        self.over = self.ended = True
        self._clients.went(self)
        self._parser.forget()
        self._resolve_drained()
        if self._turn is not None:
            self._turn.wake()

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self._resolve_drained()

    # Requests, one after the other

    def _begun(self, inbound: Inbound) -> None:
        self._queue.append(inbound)

    def _advance(self) -> None:
        """Begin what is next, unless something is under way."""
        if not self._advancing:
            self._advancing = True
            self._advance_some()

    def _advance_some(self) -> None:
        """Others have their turn in between."""
        begun = 0
        while begun < _AT_ONCE and self._turn is None and self._queue and not self._ends:
            self._begin(self._queue.popleft())
            begun += 1
        if self._turn is None and self._queue and not self._ends:
            self._clients.loop.call_soon(self._advance_some)
            return
        self._advancing = False
        if self._turn is None and not self._ends:
            self._rest()

    @property
    def _ends(self) -> bool:
        """The last response was given: what else the client has asked for is not answered."""
        return self.over or self._lingers or self._transport is None or self._transport.is_closing()

    def _begin(self, inbound: Inbound) -> None:
        self.deadline = float("inf")
        turn = self._turn = Turn(self, self._clients, inbound)
        self.read_on()  # its body may be still to come, and its client may leave
        scope: Scope = {
            "type": "websocket" if inbound.websocket else "http",
            "http_version": inbound.version,
            "method": inbound.method,
            "scheme": self._scheme,
            "raw_path": inbound.raw_path,
            "query_string": inbound.query,
            "headers": inbound.headers,
            "client": self._peer,
            "server": self._own,
            "hand_over": self.hand_over,
        }
        Steps(self._app(scope, turn.receive, turn.send), self._clients.loop, self._finished).step()

    def _rest(self) -> None:
        """Nothing is under way: wait for the next request, or end."""
        if self._refused is not None:
            self._refuse(self._refused)
        elif self._clients.draining or self.ended:
            self.close()
        else:
            self._await_head()
            self.resume()

    def _await_head(self) -> None:
        """Once for the silence before a head, and once for the head: what drips in gets no more time."""
        self._heading = self._parser.in_head
        self.deadline = self._clients.now + HEADER_SECONDS

    def _finished(self, error: BaseException | None) -> None:
        turn, self._turn = self._turn, None
        if self._handed_over:
            self.connection_lost(None)
        if turn is None or self.over:
            return
        if error is not None or not turn.reply.ended:
            self._break_off(turn.reply)
        elif not turn.inbound.complete:
            self._linger()
        elif turn.reply.closes:
            self.close()
        else:
            self._advance()

    def hand_over(self, protocol: asyncio.BaseProtocol) -> tuple[Wire, bytes]:
        """The connection itself, paused, for a protocol that speaks with the client from now on, until the
        request's coroutine ends; and what has come that was not taken. Raises ClientGone."""
        if self._transport is None or self._turn is None or self.over:
            raise ClientGone
        self._pause()
        self._handed_over = True
        self._transport.set_protocol(protocol)
        early, self._unfed = self._turn.inbound.take() + self._unfed, b""
        return self._transport, early

    def _refuse(self, status: int) -> None:
        """The last answer, to bytes that are no request."""
        reply = Reply("GET", "1.1", closes=True)
        text = b"%b\n" % Problem(status).code.encode()
        reply.start({"status": status, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
        self.write(reply.body(text, False, self._clients.date))
        self._linger()

    # Bytes out, and the end

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self.over:
            self._transport.write(data)

    async def drained(self) -> None:
        """Returns when the client has taken most of what was written, or is gone."""
        while not self.writable and not self.over:
            if self._drained is None:
                self._drained = self._clients.loop.create_future()
            await asyncio.shield(self._drained)

    def _resolve_drained(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    async def write_file(self, path: str, first: int, length: int) -> None:
        """Raises ClientGone, OSError, EOFError when the file is shorter."""
        if self._transport is None or self.over:
            return
        try:
            if self._scheme == "http":
                await send_file(self._clients.loop, self._transport, self.drained, path, first, length)
            else:
                await write_file(self._clients.loop, self._transport, self.drained, path, first, length)
        except (ConnectionError, TimeoutError) as error:  # of the socket: a file has neither
            self.abort()
            raise ClientGone from error

    def _pause(self) -> None:
        if self._reading and self._transport is not None and not self.over:
            self._reading = False
            self._transport.pause_reading()

    def resume(self) -> None:
        if not (self._reading or self._unfed or self._transport is None or self.over):
            self._reading = True
            self._transport.resume_reading()

    def read_on(self) -> None:
        """Unless the client is ahead already: requests that wait are held."""
        if not self._queue:
            self.resume()

    def close(self) -> None:
        """End it when what was written is sent."""
        if self._transport is not None and not self.over:
            self._transport.close()

    def abort(self) -> None:
        """Cut it, so that the client sees that its response is not whole."""
        if self._transport is not None and not self.over:
            self._transport.abort()

    def _break_off(self, reply: Reply) -> None:
        """A response whose end is that of the connection is whole if that ends well: so it is reset. What the
        client has received it can still read."""
        if reply.ends_with_connection and self._transport is not None and not self.over:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.abort()

    def _linger(self) -> None:
        """End it though the client still sends: a reset would take away the response that it has not read yet
        (RFC 9112, 9.6). So what comes is thrown away for a while."""
        if self.ended or self._transport is None or not self._transport.can_write_eof():
            self.close()
            return
        self._lingers = True
        self.deadline = self._clients.now + LINGER_SECONDS
        self._transport.write_eof()
        self.resume()

    def expire(self) -> None:
        """The deadline is over: the head did not come, or the client does not end."""
        if self._lingers:
            self.abort()
        elif self._parser.in_head and self._turn is None:
            self._refuse(408)
        elif self._turn is None:
            self.close()
