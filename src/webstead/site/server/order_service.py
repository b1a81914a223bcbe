"""The supervisor's end of the orders: takes them on its socket, and answers each."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from webstead.errors import HostError, WebsteadError
from webstead.site.server.orders import LONGEST_ORDER, Order, answer_line, read_order
from webstead.site.server.socket_path import reached

__all__ = ["OrderService", "Perform"]

Perform = Callable[[Order], Awaitable[object]]
"""Gives JSON values, or raises the error that is the answer."""

_BACKLOG = 64


class OrderService:
    """Listens from `begin` to `end`. The folder of the path must be private: who can enter it may order."""

    def __init__(self, path: Path, perform: Perform) -> None:
        self._path = path
        self._perform = perform
        self._server: asyncio.Server | None = None
        self._conversations: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Takes the place of a socket that a killed server left."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with reached(self._path) as address:
            listener.bind(address)
        self._path.chmod(0o600)
        self._server = await asyncio.start_unix_server(
            self._talk, sock=listener, limit=LONGEST_ORDER, backlog=_BACKLOG
        )

    async def end(self) -> None:
        """Orders that are performed are given up; who waits for them sees the end of the connection."""
        if self._server is not None:
            self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._conversations.add(task)
            task.add_done_callback(self._conversations.discard)
        try:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                while line := await _line(reader):
                    writer.write(await self._answer(line))
                    await writer.drain()
        finally:  # a mistake of ours ends the conversation, and the loop tells of it
            writer.close()

    async def _answer(self, line: bytes) -> bytes:
        try:
            return answer_line(await self._perform(read_order(line)))
        except WebsteadError as error:
            return answer_line(error=error)
        except ValueError as error:
            return answer_line(error=HostError("The supervisor was given no order.", found=str(error)))


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Empty at the end, and for a line that is longer than any order."""
    try:
        return await reader.readline()
    except ValueError:
        return b""
