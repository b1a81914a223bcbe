"""Clients that count each of their requests, and waiting for what other processes do."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20.0


def eventually(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Returns when the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "never came to be"
        time.sleep(0.01)


@dataclass
class Count:
    """What became of the requests. refused: connections that could not be made, which sent nothing."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    cut: int = 0
    late: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    bodies: Counter[bytes] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """Every request that was not answered with 200."""
        return self.sent - self.statuses[200]

    def percentile(self, part: float) -> float:
        """Seconds."""
        return sorted(self.seconds)[int((len(self.seconds) - 1) * part)]

    def __str__(self) -> str:
        middle, late, longest = (self.percentile(part) * 1000 for part in (0.5, 0.99, 1))
        return (
            f"{self.sent} sent, {dict(self.statuses)}, {self.cut} cut, {self.late} late, "
            f"{self.refused} refused; p50 {middle:.1f} ms, p99 {late:.1f} ms, longest {longest:.0f} ms"
        )


class Load:
    """Clients that ask as fast as they are answered, each over a connection that it keeps, in a thread. A
    POST says the request's number, in a line of ten letters."""

    def __init__(self, url: str, connections: int, *, method: str = "GET") -> None:
        self.count = Count()
        self._address = urlsplit(url)
        self._connections = connections
        length = "Content-Length: 10\r\n" if method == "POST" else ""
        self._head = f"{method} / HTTP/1.1\r\nHost: {self._address.netloc}\r\n{length}\r\n".encode()
        self._posts = bool(length)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def answers(self, more: int) -> None:
        """Returns when so many more requests have been answered as they should."""
        enough = self.count.statuses[200] + more
        eventually(lambda: self.count.statuses[200] >= enough)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_SECONDS + 5)

    async def _run(self) -> None:
        await asyncio.gather(*(self._client() for _ in range(self._connections)))

    async def _client(self) -> None:
        while not self._stop.is_set():
            try:
                reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
            except OSError:
                self.count.refused += 1
                await asyncio.sleep(0.01)
                continue
            try:
                while not self._stop.is_set():
                    await self._ask(reader, writer)
            except TimeoutError:
                self.count.late += 1
            except (OSError, EOFError):  # IncompleteReadError is one
                self.count.cut += 1
            finally:
                writer.transport.abort()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count, began = self.count, time.perf_counter()
        count.sent += 1
        async with asyncio.timeout(PATIENCE_SECONDS):
            writer.write(self._head + (b"%9d\n" % count.sent if self._posts else b""))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
        count.seconds.append(time.perf_counter() - began)
        count.statuses[int(head[9:12])] += 1
        count.bodies[body] += 1
