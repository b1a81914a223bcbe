"""What carries the bytes of one connection; here a non-blocking socket, served by the event loop."""

from __future__ import annotations

import contextlib
import socket
from asyncio import AbstractEventLoop, Future
from collections import deque
from contextvars import Context
from typing import Callable, Protocol

from webstead.gateway.engine.connection import RECEIVE_BYTES

__all__ = ["BODY", "LINGER_SECONDS", "MAX_UNSENT", "SENDING", "SocketWire", "Taker", "Waiters", "Wire"]

MAX_UNSENT = 4 << 20
"""Bytes that wait to be sent from which on nothing more is read: a server that asks and does not take the
answers gets no further. Each answer waits with one piece (response.MAX_PIECE) at most."""

LINGER_SECONDS = 5.0
"""How long what the server still sends is thrown away behind the last response. Precedents: nginx
lingering_timeout 5 s, Apache 2 s."""

BODY, SENDING = 1, 2
"""Why reading pauses: a body waits for its app, or answers wait for the server."""


class Taker(Protocol):
    """Who is told what happens on a wire."""

    def feed(self, data: bytes) -> None: ...

    def closed(self) -> None:
        """Nothing is read or sent any more."""


class Wire(Protocol):
    """All calls come from the event loop's thread, and none of them blocks.

    choked: what was written has not been sent yet; wait for `drained`.
    """

    choked: bool

    def begin(self, taker: Taker) -> None: ...

    def write(self, data: bytes) -> None: ...

    async def drained(self) -> None:
        """Returns when all is sent, or nothing will be."""

    def hold(self, why: int) -> None:
        """Read no more until release() was called for every reason."""

    def release(self, why: int) -> None: ...

    def look(self) -> bool:
        """Read once, if there is something. Returns whether there was nothing."""

    def finish(self, linger: bool) -> None:
        """Close when all is sent. linger: the server may still be sending, and closing over that could lose
        the response: read on until the server closes.
        """

    def part(self, give: Callable[[socket.socket], bool]) -> bool:
        """Let another process go on with it, between two requests. Returns False when that cannot be."""

    def cut(self) -> None:
        """Close now, whatever waits."""


class Waiters:
    """Coroutines that wait for one thing; each of them may be cancelled without the others."""

    __slots__ = ("_futures", "_loop")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._futures: list[Future[None]] = []

    @property
    def some(self) -> bool:
        return bool(self._futures)

    async def wait(self) -> None:
        future = self._loop.create_future()
        self._futures.append(future)
        try:
            await future
        finally:
            self._futures.remove(future)

    def wake(self) -> None:
        for future in self._futures:
            if not future.done():
                future.set_result(None)


class SocketWire:
    """Measured against asyncio's transports: a third less processor time a small request with asyncio's loop,
    the same with uvloop's.

    There are no time-outs here: a request that stands still holds no thread, and the server has its own. Who
    holds the connections cuts those that do not bring a whole one.

    context: of the callbacks that read. Without it they would get that of the request that happened to let
    the reading go on, and later requests would see its context variables.
    """

    __slots__ = (
        "_closed",
        "_context",
        "_fd",
        "_finishing",
        "_holds",
        "_linger",
        "_loop",
        "_socket",
        "_taker",
        "_unsent",
        "_waiters",
        "_waiting",
        "choked",
    )

    def __init__(self, loop: AbstractEventLoop, accepted: socket.socket, context: Context) -> None:
        self._loop = loop
        self._socket = accepted
        self._fd = accepted.fileno()
        self._context = context
        self._taker: Taker | None = None
        self._unsent: deque[memoryview] = deque()
        self._waiting = 0
        self._waiters = Waiters(loop)
        self._holds = 0
        self._finishing = self._linger = self._closed = False
        self.choked = False

    def begin(self, taker: Taker) -> None:
        self._taker = taker
        self._loop.add_reader(self._fd, self._read)
        self._read()  # mostly the request is there already

    def _read(self) -> bool:
        """Returns whether there was something."""
        try:
            data = self._socket.recv(RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        if data and self._taker is not None:
            self._taker.feed(data)
        else:
            self.cut()
        return True

    def look(self) -> bool:
        return self._closed or not self._read()

    def write(self, data: bytes) -> None:
        if self.choked:
            self._keep(memoryview(data))
            return
        if self._closed:
            return
        try:
            sent = self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self.cut()
            return
        if sent < len(data):
            self.choked = True
            self._keep(memoryview(data)[sent:])
            self._loop.add_writer(self._fd, self._write_on)

    def _keep(self, rest: memoryview) -> None:
        self._unsent.append(rest)
        self._waiting += len(rest)
        if self._waiting > MAX_UNSENT:
            self.hold(SENDING)

    def _write_on(self) -> None:
        try:
            while self._unsent:
                sent = self._socket.send(self._unsent[0])
                self._waiting -= sent
                if sent < len(self._unsent[0]):
                    self._unsent[0] = self._unsent[0][sent:]
                    return
                self._unsent.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.cut()
            return
        self._loop.remove_writer(self._fd)
        self.choked = False
        self._waiters.wake()
        self.release(SENDING)
        if self._finishing:
            self._end()

    async def drained(self) -> None:
        while self.choked:
            await self._waiters.wait()

    def hold(self, why: int) -> None:
        if not self._holds and not self._closed:
            self._loop.remove_reader(self._fd)
        self._holds |= why

    def release(self, why: int) -> None:
        if self._holds & why:
            self._holds &= ~why
            if not self._holds:
                self._loop.call_soon(self._read_on, context=self._context)

    def _read_on(self) -> None:
        if not self._closed and not self._holds:
            self._loop.add_reader(self._fd, self._read)

    def finish(self, linger: bool) -> None:
        self._finishing = True
        self._linger = linger
        if not self.choked:
            self._end()

    def _end(self) -> None:
        if not self._linger:
            self.cut()
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.cut()
            return
        self._loop.call_later(LINGER_SECONDS, self.cut, context=self._context)
        self.release(BODY)

    def part(self, give: Callable[[socket.socket], bool]) -> bool:
        if self._closed or self.choked or not give(self._socket):
            return False
        self._let_go()  # without a shutdown: it goes on elsewhere
        return True

    def cut(self) -> None:
        """A child that the app forked may hold the socket too: the server must see the end all the same."""
        if not self._closed:
            with contextlib.suppress(OSError):  # the server was first
                self._socket.shutdown(socket.SHUT_RDWR)
            self._let_go()

    def _let_go(self) -> None:
        self._closed = True
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._unsent.clear()
        self.choked = False
        self._socket.close()
        self._waiters.wake()
        if self._taker is not None:
            self._taker.closed()
