"""Whether an instance answers: a FastCGI question to a gateway, a plain GET to a platform process.

A probe ends when the instance has answered; who waits for it sets the time limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from webstead.formats.fastcgi.client import ResponseParser, Values, get_values
from webstead.formats.fastcgi.records import RemoteProtocolError

__all__ = ["Pace", "listening_ports", "probe_fastcgi", "probe_http", "probe_program"]

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-5][0-9][0-9]")
_STATUS_BYTES = 12
_READ_BYTES = 65536
_UNIX_SOCKETS = Path("/proc/net/unix")
_CONNECTED = b"03"  # SS_CONNECTED of linux/net.h
_PATIENCE_SECONDS = 2.0

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a port is tried: every `first` seconds for the first `eager` seconds, then every `later`
    seconds (httpPlatformHandler v2 polls every 250 ms)."""

    first: float = 0.05
    later: float = 0.25
    eager: float = 2.0

    def wait(self, elapsed: float) -> float:
        return self.first if elapsed < self.eager else self.later


async def probe_fastcgi(path: Path, pace: Pace = Pace(), sleep: Sleep = asyncio.sleep) -> None:
    """Returns when the gateway behind the Unix socket has answered FCGI_GET_VALUES: then its app is loaded.

    The question waits in the socket's queue while the app is being imported.
    """
    while not await _answers_fastcgi(path):
        await sleep(pace.first)


async def _answers_fastcgi(path: Path, last: bool = False) -> bool:
    """last: nothing will follow the question, which is said at once: who knows no such question then closes
    the connection (libfcgi does)."""
    parser = ResponseParser()
    with contextlib.suppress(OSError, RemoteProtocolError):
        async with _opened(asyncio.open_unix_connection(str(path))) as (reader, writer):
            writer.write(get_values())
            if last:
                writer.write_eof()
            while data := await reader.read(_READ_BYTES):
                if any(isinstance(event, Values) for event in parser.feed(data)):
                    return True
    return False


async def probe_program(path: Path, patience: float = _PATIENCE_SECONDS) -> None:
    """Returns when a FastCGI program that is not ours has answered FCGI_GET_VALUES, has closed the
    connection, or has run for so long without a word: it may answer no such question, or serve a request that
    waited for it. A request that comes too early waits in the socket's queue."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await _answers_fastcgi(path, last=True)


async def probe_http(port: int, pace: Pace = Pace(), sleep: Sleep = asyncio.sleep) -> None:
    """Returns when a GET of / on the loopback port got an HTTP status line, whatever the status."""
    elapsed = 0.0
    while not await _answers_http(port):
        wait = pace.wait(elapsed)
        elapsed += wait
        await sleep(wait)


async def _answers_http(port: int) -> bool:
    question = (
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: webstead-probe\r\nConnection: close\r\n\r\n"
    )
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        async with _opened(asyncio.open_connection("127.0.0.1", port)) as (reader, writer):
            writer.write(question.encode("ascii"))
            return _STATUS_LINE.match(await reader.readexactly(_STATUS_BYTES)) is not None
    return False


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def _opened(connecting: Awaitable[Streams]) -> AsyncIterator[Streams]:
    reader, writer = await connecting
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def listening_ports(pid: int) -> list[tuple[str, int]]:
    """The (address, port) pairs on which the process or one of its descendants listens, sorted."""
    found: set[tuple[str, int]] = set()
    with contextlib.suppress(psutil.Error):
        leader = psutil.Process(pid)
        for process in (leader, *leader.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                connections = process.net_connections(kind="tcp")
                found |= {(c.laddr.ip, c.laddr.port) for c in connections if c.status == psutil.CONN_LISTEN}
    return sorted(found)
