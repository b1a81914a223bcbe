"""What an instance writes: read from its pipes as it comes, kept, logged, and told line by line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from webstead.host.lines import LineSplitter

__all__ = ["Collector", "LineReader", "OutputPipe", "open_pipe"]

_REPORT_BYTES = 1 << 20


class LineReader(asyncio.Protocol):
    """Calls `on_line` for each line, and `on_bytes` for all bytes as they are. ended: set at the end of the
    stream."""

    def __init__(self, on_line: Callable[[str], None], on_bytes: Callable[[bytes], None]) -> None:
        self.ended = asyncio.Event()
        self._on_line = on_line
        self._on_bytes = on_bytes
        self._splitter = LineSplitter()

    def data_received(self, data: bytes) -> None:
        self._on_bytes(data)
        for line in self._splitter.feed(data):
            self._on_line(line)

    def connection_lost(self, exc: Exception | None) -> None:
        for line in self._splitter.close():
            self._on_line(line)
        self.ended.set()


class Collector(asyncio.Protocol):
    """Keeps what comes, up to a megabyte."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data = (self.data + data)[:_REPORT_BYTES]

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()


class OutputPipe:
    """The reading end of a pipe, attached to the loop; `writing` is the number of the other end, for the
    child."""

    def __init__(self, reader: LineReader | Collector) -> None:
        self.reader = reader
        self._reading, self.writing = os.pipe()
        self._transport: asyncio.ReadTransport | None = None

    async def attach(self) -> None:
        """Close our copy of the writing end, so that the child's end is the end of the stream; begin to
        read."""
        os.close(self.writing)
        loop = asyncio.get_running_loop()
        reading = os.fdopen(self._reading, "rb", buffering=0)
        self._transport, _ = await loop.connect_read_pipe(lambda: self.reader, reading)

    def discard(self) -> None:
        """Close both ends of a pipe that no child has."""
        os.close(self.writing)
        os.close(self._reading)

    async def finish(self, seconds: float) -> None:
        """Wait for the end of the stream, but no longer than `seconds`: a stranger may hold the pipe."""
        try:
            async with asyncio.timeout(seconds):
                await self.reader.ended.wait()
        except TimeoutError:
            pass
        if self._transport is not None:
            self._transport.close()
            await self.reader.ended.wait()


def open_pipe(on_line: Callable[[str], None], on_bytes: Callable[[bytes], None]) -> OutputPipe:
    return OutputPipe(LineReader(on_line, on_bytes))
