"""One connection to an instance: bytes out, one response in, with back-pressure both ways.

The protocol spoken is the reader's affair (FastCGI or HTTP); this is what both have in common. A connection
serves one request at a time. The consumer takes what has come (`head`, then `take()`), and waits for more
(`wait()`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple, Protocol

from webstead.front.asgi import Headers
from webstead.front.limits import PART, READ_AHEAD, SLOW_SECONDS
from webstead.front.overflow import ROOM, Overflow
from webstead.front.reply import Start
from webstead.front.wire import Wire, as_wire
from webstead.site_table import FailureText, Why

__all__ = ["GivenUp", "Head", "Incoming", "Lost", "Reader", "Upstream", "Verdict"]


class Lost(Exception):
    """The instance closed the connection, or broke the protocol, before the response was whole."""


class Verdict(NamedTuple):
    """What the client is told in the place of a response. why: the instance is to end for it."""

    failure: FailureText
    why: Why | None = None


class GivenUp(Lost):
    """The response is not waited for, or not passed on, though the instance may live."""

    def __init__(self, failure: FailureText) -> None:
        super().__init__(failure.found)
        self.failure = failure


_SWITCHING, _NO_CONTENT, _NOT_MODIFIED = 101, 204, 304


class Head:
    """A response's head as the client gets it. message: the ASGI message that sends it. length: what the
    body must come to, where the app said so."""

    __slots__ = ("headers", "length", "message", "status")

    def __init__(self, status: int, headers: Headers) -> None:
        declared = next((value for name, value in headers if name == b"content-length"), None)
        if declared is not None and status == _NO_CONTENT:  # RFC 9110, 8.6: never with a 204
            headers = [pair for pair in headers if pair[0] != b"content-length"]
        self.status = status
        self.headers = headers
        self.length = None if declared is None or status in (_NO_CONTENT, _NOT_MODIFIED) else int(declared)
        self.message = Start(status, headers)


class Incoming(Protocol):
    """What a reader tells of a response."""

    def on_continue(self) -> None:
        """The instance asks for the body of a request that expected to be asked (100 Continue)."""

    def on_head(self, head: Head) -> None: ...

    def on_body(self, data: bytes) -> None: ...

    def on_trailers(self, trailers: Headers) -> None:
        """What follows the body, before its end."""

    def on_end(self, reusable: bool) -> None: ...

    def on_refused(self, verdict: Verdict, reusable: bool) -> None:
        """The response is at its end, and is not passed on."""

    def on_whole(self, head: Head, body: bytes) -> None:
        """All of a response at once: head, body, and an end that leaves the connection usable."""


class Reader(Protocol):
    """Parses one response. feed and finish raise Lost for bytes that are no such response."""

    def feed(self, data: bytes) -> None: ...

    def finish(self) -> None:
        """The instance sent its last byte."""

    def forget(self) -> None:
        """Nothing more comes: let go of what holds this in turn."""


class Upstream(asyncio.Protocol):
    """A connection, idle or busy. `head` is set once it came; `ended` once the response is whole;
    `untouched` until the first byte of the response; `whole` once the request was written to its end;
    `lost` when nothing more can come; `spared` once the instance works on no request of it. name: of the
    instance, as in the log. verdict: why the response is given up. moves: counts what is sent and what
    comes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str = "") -> None:
        self._loop = loop
        self.name = name
        self._transport: Wire | None = None
        self._reader: Reader | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._welcome: asyncio.Future[None] | None = None
        self._writable = True
        self._reading = True
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._slow: asyncio.TimerHandle | None = None
        self._overflow: Overflow | None = None
        self._why = "the app closed the connection before its response was whole"
        self.head: Head | None = None
        self.trailers: Headers = []
        self.ended = False
        self.lost = False
        self.reusable = False
        self.whole = True
        self.untouched = True
        self.spared = False
        self.responses = 0
        self.kept_reader: Reader | None = None
        self.idle_since = 0.0
        self.verdict: Verdict | None = None
        self.moves = 0

    # The request

    def begin(self, reader: Reader, whole: bool) -> None:
        """Expect a response. whole: what is written next is the request's end, too."""
        self._reader = reader
        self.whole = whole
        self.verdict = None
        self.untouched = True
        self.spared = False
        self.head = None
        self.trailers = []
        self.ended = False
        self.reusable = False

    def write(self, data: bytes) -> None:
        self.moves += 1
        if self._transport is not None and not self.lost:
            self._transport.write(data)

    async def drained(self) -> None:
        """Returns when the instance has taken most of what was written. Raises Lost when it is gone."""
        if not self._writable and not self.lost:
            self._drained = self._loop.create_future()
            await self._drained
        if self.lost:
            raise Lost(self._why)

    async def welcomed(self, seconds: float) -> bool:
        """Whether to send the body of a request that expects to be asked for it: when the instance asks, or
        says nothing for so long, as not every server knows of this (RFC 9110, 10.1.1). Not when it answers
        instead. Raises Lost."""
        if self.head is None and not self.lost:
            self._welcome = self._loop.create_future()
            await asyncio.wait((self._welcome,), timeout=seconds)
        if self.lost:
            raise Lost(self._why)
        return self.head is None

    # The response

    async def wait(self) -> None:
        """Returns when something new has come: the head, body, the end. Raises Lost when nothing more can
        come."""
        if self.lost:
            raise Lost(self._why)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._cut_short() or self.verdict is not None:
            raise Lost(self._why)

    def _cut_short(self) -> bool:
        return self.lost and not self.ended and not self.waiting

    @property
    def is_awaited(self) -> bool:
        """Whether it is the instance's turn: it has the request, and the client takes what it sends."""
        return self._reading and (self.whole or not self._writable)

    def give_up(self, verdict: Verdict) -> None:
        """Close at once; who waits for the response is told so."""
        self.verdict = verdict
        self.abort()

    def take(self) -> bytes:
        """The body that has come and was not taken, maybe empty."""
        chunks = self._chunks
        if self._overflow is not None:
            return self._take_overflow(self._overflow)
        if not chunks:
            return b""
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._held = 0
        if not self._reading:
            self._read_on()
        return body

    def _take_overflow(self, overflow: Overflow) -> bytes:
        body = overflow.take(PART)
        if overflow.empty:
            overflow.close()
            self._overflow = None
            self._read_on()
        return body

    def _read_on(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None
        if not self._reading:
            self._reading = True
            if self._transport is not None and not self.lost:
                self._transport.resume_reading()

    @property
    def waiting(self) -> bool:
        """Whether something has come and was not taken."""
        return bool(self._chunks) or self._overflow is not None

    def _to_disk(self) -> None:
        """The client has not taken what is there for a while: it goes to disk, with all that follows."""
        if self._reading or self.lost or not ROOM.left:
            return
        try:
            self._overflow = Overflow(ROOM)
            for chunk in self._chunks:
                self._overflow.put(chunk)
        except OSError:  # no room, or no file: it stays in memory, and the app waits
            self._drop_overflow()
            return
        self._chunks.clear()
        self._held = 0
        self._read_on()

    def _drop_overflow(self) -> None:
        if self._overflow is not None:
            self._overflow.close()
            self._overflow = None

    def hand_over(self, protocol: asyncio.BaseProtocol) -> Wire:
        """The connection itself, paused, for a protocol that reads it from now on. Raises Lost."""
        if self._transport is None or self.lost:
            raise Lost("the app closed the connection as soon as it was upgraded")
        self._transport.set_protocol(protocol)
        self._let_go()
        return self._transport

    def _let_go(self) -> None:
        """Of the reader, which holds this in turn."""
        reader, self._reader, self.kept_reader = self._reader, None, None
        if reader is not None:
            reader.forget()

    def abort(self) -> None:
        """Close at once: the client is gone, or the response is of no use."""
        self.reusable = False
        self.lost = True
        if self._transport is not None:
            self._transport.abort()
        self._drop_overflow()
        self._wake(self._waiter, self._drained, self._welcome)

    # What the reader tells

    def on_continue(self) -> None:
        self._wake(self._welcome)

    def on_head(self, head: Head) -> None:
        self.head = head
        self._wake(self._welcome)
        if head.status == _SWITCHING and self._transport is not None:
            self._transport.pause_reading()  # what follows, an end too, is for who takes the connection over

    def on_body(self, data: bytes) -> None:
        if self._overflow is not None:
            self._put(self._overflow, data)
            return
        self._chunks.append(data)
        self._held += len(data)
        if self._held > READ_AHEAD:
            self._pause()
            self._slow = self._slow or self._loop.call_later(SLOW_SECONDS, self._to_disk)

    def _put(self, overflow: Overflow, data: bytes) -> None:
        try:
            if not overflow.put(data):
                self._pause()
        except OSError as error:
            raise Lost(f"what a slow client has not taken could not be kept: {error}") from error

    def _pause(self) -> None:
        if self._reading and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()

    def on_trailers(self, trailers: Headers) -> None:
        self.trailers = trailers

    def on_end(self, reusable: bool) -> None:
        self.ended = True
        self.reusable = reusable and self.whole and not self.lost
        self._reader = None

    def on_refused(self, verdict: Verdict, reusable: bool) -> None:
        self.verdict = verdict
        self.on_end(reusable)

    def on_whole(self, head: Head, body: bytes) -> None:
        self.head = head
        if body:
            self._chunks.append(body)
            self._held += len(body)
        self.ended = True
        self.reusable = self.whole and not self.lost
        self._reader = None

    # What the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = as_wire(transport)

    def data_received(self, data: bytes) -> None:
        reader = self._reader
        if reader is None:  # bytes without a request: this connection is out of step
            self.abort()
            return
        self.untouched = False
        self.moves += 1
        try:
            reader.feed(data)
        except Lost as error:
            self._why = str(error)  # the error itself holds, with its traceback, this
            self.abort()
            return
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        reader = self._reader
        if reader is not None and exc is None and not self.lost:
            try:
                reader.finish()
            except Lost as error:
                self._why = str(error)  # the error itself holds, with its traceback, this
                self.ended = False
        self._let_go()
        self.lost = True
        self.reusable = False
        self._wake(self._waiter, self._drained, self._welcome)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._wake(self._drained)

    def _wake(self, *waited: asyncio.Future[None] | None) -> None:
        for waiting in waited:
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
