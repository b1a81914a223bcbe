"""A file to a client by the system (sendfile), without a copy in this process; over TLS, part by part.

The kernel may have to wait for the disk, so it is done in a thread, and only as long as the client takes it:
while it does not, no thread waits, however many such clients there are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

from webstead.effects.plain_files import open_plain
from webstead.front.limits import PART
from webstead.front.wire import Wire

__all__ = ["send_file", "write_file"]

_AT_ONCE = 4 * 1024 * 1024
"""Bytes before another client has the thread."""


async def send_file(
    loop: asyncio.AbstractEventLoop,
    wire: Wire,
    drained: Callable[[], Awaitable[None]],
    path: str,
    first: int,
    length: int,
) -> None:
    """Behind what was written before. drained: returns when the wire's own buffer is empty enough. Raises
    OSError when the client is gone or the file cannot be read, EOFError when it is shorter than `length`."""
    wire.set_write_buffer_limits(high=0)
    sock = os.dup(wire.get_extra_info("socket").fileno())
    try:
        await drained()
        file = await loop.run_in_executor(None, open_plain, path)
        try:
            await _send(loop, sock, file, first, length)
        finally:
            os.close(file)
    finally:
        os.close(sock)
        if not wire.is_closing():
            wire.set_write_buffer_limits()


async def write_file(
    loop: asyncio.AbstractEventLoop,
    wire: Wire,
    drained: Callable[[], Awaitable[None]],
    path: str,
    first: int,
    length: int,
) -> None:
    """As `send_file`, where the system cannot: what goes out is encrypted here."""
    file = await loop.run_in_executor(None, open_plain, path)
    try:
        end = first + length
        while first < end:
            await drained()
            if wire.is_closing():
                raise ConnectionResetError
            part = await loop.run_in_executor(None, os.pread, file, min(PART, end - first), first)
            if not part:
                raise EOFError("the file has become shorter")
            wire.write(part)
            first += len(part)
    finally:
        os.close(file)


async def _send(loop: asyncio.AbstractEventLoop, sock: int, file: int, first: int, length: int) -> None:
    end = first + length
    while first < end:
        sent = await loop.run_in_executor(None, _push, sock, file, first, min(end - first, _AT_ONCE))
        first += sent
        if not sent:
            await _writable(loop, sock)


def _push(sock: int, file: int, first: int, length: int) -> int:
    """As much as the client takes now. Raises EOFError."""
    begin, end = first, first + length
    while first < end:
        try:
            sent = os.sendfile(sock, file, first, end - first)
        except BlockingIOError:
            break
        if sent == 0:
            raise EOFError("the file has become shorter")
        first += sent
    return first - begin


async def _writable(loop: asyncio.AbstractEventLoop, sock: int) -> None:
    ready: asyncio.Future[None] = loop.create_future()

    def found() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_writer(sock, found)
    try:
        await ready
    finally:
        loop.remove_writer(sock)
