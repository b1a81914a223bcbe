"""One request: the app's call, its receive and its send (ASGI HTTP, spec version 2.3)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any, Callable, Protocol

from webstead.formats.fastcgi.records import AUTHORIZER
from webstead.formats.fastcgi.server import Request, stderr
from webstead.gateway.asgi.body import Body, disconnect
from webstead.gateway.asgi.interface import AppError, AsgiApp, Disconnected, Message, Scope
from webstead.gateway.asgi.pathsend import read_file
from webstead.gateway.asgi.response import MAX_PIECE, Response
from webstead.gateway.asgi.wire import Waiters
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Observation, Ticket, request_name
from webstead.gateway.observe.trouble import APOLOGY, app_traceback, seen_by_client
from webstead.gateway.processes.child import leave_child
from webstead.gateway.wsgi.environ import declared_length

__all__ = ["HOLD_BYTES", "UNHEARD", "Cycle", "Host", "Line"]

HOLD_BYTES = 65536
"""Of a body that wait for the app, from which on the connection is read no further, where it has no other
requests. Precedents: uvicorn 64 KiB, asyncio streams 64 KiB. One read more still fits into the spool's
memory."""

UNHEARD = 10
"""Messages of an app that are passed over in silence after a disconnect, as spec version 2.3 wants it: its
framework is told by receive(), and ends it in its own way meanwhile. One that does not listen is told by
Disconnected from then on, or it would go on for ever.
"""


class Line(Protocol):
    """The connection, as far as a request sees it."""

    @property
    def choked(self) -> bool: ...

    def write(self, records: bytes) -> None: ...

    async def drained(self) -> None: ...

    def relieved(self, cycle: Cycle) -> None: ...

    def over(self, cycle: Cycle, records: bytes) -> None: ...

    def cut(self) -> None: ...


class Host:
    """What all requests share. observation: None when nobody observes. shows: who may see tracebacks. told:
    failures are told to the web server, too, for its log."""

    __slots__ = ("app", "log", "loop", "observation", "pid", "shows", "told")

    def __init__(
        self,
        app: AsgiApp,
        log: Log,
        loop: asyncio.AbstractEventLoop,
        observation: Observation | None,
        shows: Callable[[Mapping[str, str]], bool],
        told: bool = True,
    ) -> None:
        self.app = app
        self.log = log
        self.loop = loop
        self.observation = observation
        self.shows = shows
        self.pid = os.getpid()
        self.told = told


class Cycle:
    """response: what has been made of the answer. gone: nobody waits for it any more."""

    __slots__ = (
        "_asked",
        "_body",
        "_host",
        "_line",
        "_params",
        "_scope",
        "_settled",
        "_silenced",
        "_ticket",
        "_unheard",
        "_waiters",
        "gone",
        "request_id",
        "response",
    )

    def __init__(self, host: Host, line: Line, request: Request, scope: Scope) -> None:
        """Raises ValueError for a CONTENT_LENGTH that is none."""
        self._host = host
        self._line = line
        self._scope = scope
        self._params = params = request.params
        self.request_id = request.request_id
        self.response = Response(self.request_id, scope["method"] == "HEAD")
        self.gone = False
        self._asked = False  # for a body that is not there
        self._silenced = False  # the app said that its response is over
        self._settled = False  # the response is over for the server: sent, cut or not wanted
        self._unheard = 0
        self._waiters: Waiters | None = None
        self._ticket: Ticket | None = None
        self._body: Body | None = None
        if not request.complete or (params.get("CONTENT_LENGTH") and request.role != AUTHORIZER):
            self._body = Body(declared_length(params))
            self.put(request.body)
            if request.complete:
                self._body.ended = True

    def put(self, data: bytes) -> bool:
        """Some of the body. Returns whether more of it waits than should be in memory."""
        if self._body is None:
            return False
        try:
            self._body.put(data)
        except OSError as error:
            self._say(f"the body cannot be kept until the app receives it: {error}")
            self._body.fail()
        self._wake()
        return self._body.waiting > HOLD_BYTES

    def end_body(self) -> None:
        if self._body is not None:
            self._body.ended = True
            self._wake()

    @property
    def starves(self) -> bool:
        """The app awaits what has not come of its body. Who awaits a disconnect, has all of it."""
        awaits = self._waiters is not None and self._waiters.some
        return awaits and self._body is not None and self._body.coming

    def give_up(self, reason: str) -> None:
        """The server does not send the rest of the body: to the app it has left."""
        self._say(f"nobody waits for the response: {reason}")
        self.leave()

    def leave(self) -> None:
        """The server does not wait for the response any more."""
        self.gone = True
        self._settle("aborted")
        self._wake()

    async def run(self) -> None:
        """Call the app, and see to it that the request gets an answer, or a connection plainly cut."""
        if self._host.observation is not None:
            self._observe(self._host.observation)
        try:
            if self._body is not None and self._body.missing:
                self._refuse(f"the body ended {self._body.missing} bytes before its CONTENT_LENGTH")
            else:
                await self._host.app(self._scope, self.receive, self.send)
                if os.getpid() != self._host.pid:
                    leave_child(SystemExit())
                self._returned()
        except BaseException as error:  # noqa: BLE001 (also SystemExit: one request must not end the others)
            if os.getpid() != self._host.pid:
                leave_child(error)
            self._failed(error)
        if self._body is not None:
            self._body.close()
        if self.response.excess:
            self._say(f"{self.response.excess} bytes of body beyond Content-Length were dropped")

    async def receive(self) -> Message:
        while not self.gone:
            if self._body is not None:
                message = self._body.take()
                if self._body.waiting <= HOLD_BYTES // 2:
                    self._line.relieved(self)
                if message is not None:
                    return message
            elif not self._asked:
                self._asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            if self._silenced:
                break
            if self._waiters is None:
                self._waiters = Waiters(self._host.loop)
            await self._waiters.wait()
        return disconnect()

    async def send(self, message: Mapping[str, Any]) -> None:
        """Raises Disconnected, AppError, HeaderError."""
        if self.gone:
            await self._pass_over()
            return
        if self._silenced:
            raise AppError(f"{message['type']} was sent after the response had ended")
        kind = message["type"]
        if kind == "http.response.body":
            data = message.get("body", b"")
            if type(data) is not bytes:
                data = _as_bytes(data)
            await self._send(data, bool(message.get("more_body", False)))
        elif kind == "http.response.start":
            self.response.start(message["status"], message.get("headers", ()))
        elif kind == "http.response.pathsend":
            await self._send_file(message["path"])
        else:
            raise AppError(f"{kind!r} is no message of a response")

    async def _send(self, data: bytes, more: bool) -> None:
        if len(data) > MAX_PIECE:
            for records in self.response.pieces(data, more, self._may_end):
                if self.gone:
                    return
                await self._pass_on(records)
        else:
            records = self.response.body(data, more, self._may_end)
            self._transmit(records)
            if self._line.choked:
                await self._line.drained()
        if not more:
            self._silenced = True
            self._wake()

    async def _pass_over(self) -> None:
        """Others get their turn: the one who would stop this app may be among them."""
        self._unheard += 1
        if self._unheard > UNHEARD:
            raise Disconnected("nobody waits for the response")
        await asyncio.sleep(0)

    async def _pass_on(self, records: bytes) -> None:
        self._transmit(records)
        if self._line.choked:
            await self._line.drained()

    async def _send_file(self, path: str) -> None:
        async def take(block: bytes) -> bool:
            await self._pass_on(self.response.body(block, True, self._may_end))
            return not (self.response.ended or self.gone)

        await read_file(path, self._host.loop, take)
        await self._send(b"", False)

    @property
    def _may_end(self) -> bool:
        """END_REQUEST would make the rest of the body unreadable."""
        return self._body is None or self._body.ended

    def _transmit(self, records: bytes) -> None:
        if self._settled or not records:
            return
        if self.response.ended:
            self._settle("")
            self._line.over(self, records)
        else:
            self._line.write(records)

    def _returned(self) -> None:
        """The app is done. Whether its answer is, is another question."""
        if not self._settled and not self._silenced:
            raise AppError("the app returned without a whole response")

    def _refuse(self, reason: str) -> None:
        self._say(f"refused: {reason}")
        self._settle("refused", 400)
        self._line.over(self, self.response.replace(400, f"{reason}\n"))

    def _failed(self, error: BaseException) -> None:
        if self.gone:
            self._say(f"nobody waits for the response: {type(error).__name__}: {error}")
            return
        detail = app_traceback(error)
        if self._settled:
            self._say(f"the app failed; the response was sent whole\n{detail.rstrip()}")
        elif self.response.started:
            self._say(f"the app failed; the response was cut short\n{detail.rstrip()}")
            self._settle("cut")
            self.gone = True
            self._line.cut()
        else:
            self._say(f"the app failed; the response was 500\n{detail.rstrip()}")
            self._settle("app", 500)
            self._line.over(self, self._page_of(detail))

    def _page_of(self, detail: str) -> bytes:
        shown = self._host.shows(self._params)
        page = self.response.replace(500, detail if shown else APOLOGY)
        if not self._host.told or (not shown and seen_by_client(self._params)):
            return page
        return stderr(self.request_id, detail.encode("utf-8", "backslashreplace")) + page

    def _settle(self, fault: str, status: int = 0) -> None:
        """The request is over for the server, once; an app may go on for long, with tasks of its own."""
        if self._settled:
            return
        self._settled = True
        ticket = self._ticket
        if ticket is not None and self._host.observation is not None:
            received = self._body.received if self._body is not None else 0
            status = status or (self.response.status if self.response.started else 0)
            self._host.observation.end(ticket, status, received, self.response.sent, fault)

    def _observe(self, observation: Observation) -> None:
        loop, line = self._host.loop, self._line
        self._ticket = Ticket(
            self._params, lambda: _from_any_thread(loop, line.cut), asyncio.current_task(loop)
        )
        observation.begin(self._ticket)

    def _wake(self) -> None:
        if self._waiters is not None:
            self._waiters.wake()

    def _say(self, text: str) -> None:
        self._host.log.line(f"{request_name(self._params)}: {text}")


def _as_bytes(data: object) -> bytes:
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    raise AppError(f"the app sent {type(data).__name__} where bytes are needed: {data!r:.80}")


def _from_any_thread(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(what)
