"""The ends of pipes and terminals that we hold, read and written on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os

__all__ = ["Sink", "Source"]

_CHUNK = 1 << 16
"""As a pipe of Linux holds."""

_GRACE_SECONDS = 0.5
"""For output that comes when its program has ended: of what the program started, as in `>(sort)`."""


class Source:
    """What a program writes. ended: set when the program has; what it left running may hold the other end
    for ever."""

    def __init__(self, descriptor: int, ended: asyncio.Event) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._ended = ended

    async def read(self) -> bytes:
        """What is there, as soon as there is something; b"" at the end."""
        while True:
            try:
                return os.read(self._descriptor, _CHUNK)
            except BlockingIOError:
                if not await self._readable():
                    return b""
            except OSError:  # EIO: nobody has the terminal open any more
                return b""

    async def _readable(self) -> bool:
        """False when the program has ended and nothing comes."""
        loop = asyncio.get_running_loop()
        came: asyncio.Future[None] = loop.create_future()
        ended = loop.create_task(self._ended.wait())
        loop.add_reader(self._descriptor, _settle, came)
        try:
            await asyncio.wait((came, ended), return_when=asyncio.FIRST_COMPLETED)
            if not came.done():
                await asyncio.wait((came,), timeout=_GRACE_SECONDS)
            return came.done()
        finally:
            loop.remove_reader(self._descriptor)
            ended.cancel()
            came.cancel()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


class Sink:
    """What a program reads. `put` never waits: who sends much asks `pending`, or waits for `drained`."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._loop = asyncio.get_running_loop()
        self._descriptor = descriptor
        self._waiting = bytearray()
        self._last = False
        self._moved = asyncio.Event()

    @property
    def pending(self) -> int:
        """Bytes that the program has not taken."""
        return len(self._waiting)

    def put(self, data: bytes) -> None:
        """Nothing happens when it reads no more."""
        if self._descriptor >= 0 and not self._last:
            self._waiting += data
            self._pump()

    def put_end(self) -> None:
        """Nothing comes after what was put."""
        self._last = True
        self._pump()

    async def drained(self) -> None:
        """All is taken, or nobody takes it."""
        while self._waiting:
            self._moved.clear()
            await self._moved.wait()

    def _pump(self) -> None:
        if self._descriptor < 0:
            return
        self._loop.remove_writer(self._descriptor)
        try:
            while self._waiting:
                del self._waiting[: os.write(self._descriptor, self._waiting[:_CHUNK])]
        except BlockingIOError:
            self._loop.add_writer(self._descriptor, self._pump)
        except OSError:  # nobody reads
            self.close()
        self._moved.set()
        if self._last and not self._waiting:
            self.close()

    def close(self) -> None:
        if self._descriptor >= 0:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
        self._descriptor = -1
        self._waiting.clear()
        self._moved.set()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
