"""A wire over a channel, whose calls block: one thread reads, another one sends, the event loop decides."""

from __future__ import annotations

import socket
from asyncio import AbstractEventLoop
from contextvars import Context
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Callable

from webstead.gateway.asgi.wire import Taker, Waiters
from webstead.gateway.transport.channel import Channel

__all__ = ["CHOKED_BYTES", "ChannelWire"]

CHOKED_BYTES = 65536
"""Bytes that wait to be sent from which on the app has to wait, too. Precedents: asyncio's high-water mark 64
KiB."""


class ChannelWire:
    """The reading thread is one read ahead at most: it goes on when the loop has dealt with what it read."""

    def __init__(self, loop: AbstractEventLoop, channel: Channel, context: Context) -> None:
        self._loop = loop
        self._channel = channel
        self._context = context
        self._taker: Taker | None = None
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._turn = Semaphore(0)  # the reading thread's, to read once more
        self._waiters = Waiters(loop)
        self._waiting = 0
        self._holds = 0
        self._read_owed = False  # a turn that a hold keeps back
        self._finishing = self._closed = self._broken = False
        self._threads = (
            Thread(target=self._reading, name="channel-in", daemon=True),
            Thread(target=self._writing, name="channel-out", daemon=True),
        )
        self.choked = False

    def begin(self, taker: Taker) -> None:
        self._taker = taker
        for thread in self._threads:
            thread.start()
        self._turn.release()

    def join(self) -> None:
        """Wait for both threads, and close the channel. The loop is over."""
        for thread in self._threads:
            thread.join()
        self._channel.close()

    def _reading(self) -> None:
        data = b"?"
        while data:
            self._turn.acquire()
            if self._closed:
                return
            try:
                data = self._channel.receive()
            except OSError:
                data = b""
            self._tell(self._arrived, data)

    def _arrived(self, data: bytes) -> None:
        if self._closed or self._taker is None:
            return
        if not data:
            self.cut()
            return
        self._taker.feed(data)
        if self._holds:
            self._read_owed = True
        else:
            self._turn.release()

    def _writing(self) -> None:
        while True:
            data = self._outbox.get()
            if data is None:
                return
            if not self._broken:
                try:
                    self._channel.send(data)
                except OSError:
                    self._broken = True
            self._tell(self._sent, len(data))

    def _tell(self, what: Callable[..., None], value: object) -> None:
        try:
            self._loop.call_soon_threadsafe(what, value, context=self._context)
        except RuntimeError:  # the loop is closed: nobody is left to be told
            self._broken = True

    def _sent(self, size: int) -> None:
        self._waiting -= size
        if self._broken:
            self.cut()
        elif self.choked and self._waiting <= CHOKED_BYTES:
            self.choked = False
            self._waiters.wake()
        if self._finishing and not self._waiting:
            self.cut()

    def write(self, data: bytes) -> None:
        if self._closed or not data:
            return
        self._waiting += len(data)
        self.choked = self._waiting > CHOKED_BYTES
        self._outbox.put(data)

    async def drained(self) -> None:
        while self.choked:
            await self._waiters.wait()

    def hold(self, why: int) -> None:
        self._holds |= why

    def release(self, why: int) -> None:
        self._holds &= ~why
        if not self._holds and self._read_owed:
            self._read_owed = False
            self._turn.release()

    def look(self) -> bool:
        """The other thread reads what there is, at once: there is nothing else to look for."""
        return True

    def finish(self, linger: bool) -> None:
        """The channel lingers itself when it is closed."""
        self._finishing = True
        if not self._waiting:
            self.cut()

    def part(self, give: Callable[[socket.socket], bool]) -> bool:
        return False  # a channel belongs to one process

    def cut(self) -> None:
        if self._closed:
            return
        self._closed = True
        self.choked = False
        self._waiters.wake()
        self._outbox.put(None)
        self._turn.release()
        self._channel.interrupt()
        if self._taker is not None:
            self._taker.closed()
