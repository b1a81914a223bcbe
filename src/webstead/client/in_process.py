"""An ASGI application as httpx's transport: the management of a home that nobody serves, in this process.

It runs in an event loop of its own thread, so that deployments go on while answers are read, and bodies
stream both ways: an upload is pulled from its file, an endless answer ends when its reader closes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, TypeVar

import httpx

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

__all__ = ["InProcess"]

T = TypeVar("T")

_AHEAD = 16
"""Pieces of an answer that may wait for their reader."""

_LONGEST_WAIT = 0.2
"""Seconds until a piece that waits for a reader looks whether that has gone."""


class InProcess(httpx.BaseTransport):
    """The application lives from here until `close`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="management", daemon=True)
        self._thread.start()
        self._life = _Life(app)
        self._run(self._life.start())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(request, self._loop)
        asyncio.run_coroutine_threadsafe(exchange.run(self._app), self._loop)
        try:
            status, headers = exchange.head()
        except BaseException:  # also Ctrl+C: whoever waits no longer has gone, and the application hears it
            exchange.close()
            raise
        return httpx.Response(status, headers=headers, stream=exchange, request=request)

    def close(self) -> None:
        """Ends the application; it may take the time that its deployments still have."""
        if self._loop.is_closed():
            return
        self._run(self._life.end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _Life:
    """The lifespan protocol; an application without one needs none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._asked: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._serve())
        await self._ask("lifespan.startup")

    async def end(self) -> None:
        if self._task is not None and not self._task.done():
            await self._ask("lifespan.shutdown")
            await self._task

    async def _ask(self, event: str) -> None:
        self._asked.put_nowait({"type": event})
        await self._answers.get()

    async def _serve(self) -> None:
        async def tell(message: Message) -> None:
            self._answers.put_nowait(str(message["type"]))

        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}}, self._asked.get, tell)
        finally:
            self._answers.put_nowait("ended")


class _Gone(OSError):
    """The reader of the answer has closed it. ASGI 2.4 lets `send` raise an OSError then."""


class _Exchange(httpx.SyncByteStream):
    """One request and its answer. `run` is in the loop's thread, all else in the caller's."""

    def __init__(self, request: httpx.Request, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._loop = loop
        self._pieces = iter(request.stream) if isinstance(request.stream, httpx.SyncByteStream) else iter(())
        self._answer: queue.Queue[Message | BaseException | None] = queue.Queue(_AHEAD)
        self._told_all = False
        self._closed = asyncio.Event()

    def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Raises what the application raised."""
        message = self._next()
        if message is None:
            raise httpx.RemoteProtocolError("the application gave no answer")
        return int(message["status"]), list(message.get("headers", ()))

    def __iter__(self) -> Iterator[bytes]:
        while (message := self._next()) is not None:
            yield message.get("body", b"")

    def close(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closed.set)

    def _next(self) -> Message | None:
        message = self._answer.get()
        if isinstance(message, BaseException):
            raise message
        return message

    async def run(self, app: ASGIApp) -> None:
        last: BaseException | None = None
        try:
            await app(_scope(self._request), self._receive, self._send)
        except _Gone:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            last = error
        with contextlib.suppress(_Gone):
            await self._put(last)

    async def _receive(self) -> Message:
        piece = await asyncio.to_thread(next, self._pieces, None)
        if piece is not None:
            return {"type": "http.request", "body": piece, "more_body": True}
        if not self._told_all:
            self._told_all = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._closed.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "http.response.body"):
            await self._put(message)

    async def _put(self, item: Message | BaseException | None) -> None:
        while not self._closed.is_set():
            try:
                return await asyncio.to_thread(self._answer.put, item, True, _LONGEST_WAIT)
            except queue.Full:
                continue
        raise _Gone


def _scope(request: httpx.Request) -> Message:
    url = request.url
    path, _, query = url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (url.host, url.port or 80),
    }
