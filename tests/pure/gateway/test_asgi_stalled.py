"""A connection of an ASGI app that stands still: cut while the app awaits a body, otherwise left alone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from webstead.formats.fastcgi.client import begin_request, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.server import Request, ServerConnection
from webstead.gateway.asgi.connection import Connection
from webstead.gateway.asgi.cycle import Cycle, Host
from webstead.gateway.asgi.interface import Receive, Scope, Send
from webstead.gateway.asgi.scope import make_scope
from webstead.gateway.asgi.wire import Taker
from webstead.gateway.observe.log import Log
from webstead.gateway.wsgi.environ import REQUIRED

App = Callable[[Scope, Receive, Send], Awaitable[None]]
SECONDS = 60.0


class Wire:
    """Takes all that is written, and says nothing by itself."""

    def __init__(self) -> None:
        self.choked = False
        self.is_cut = False
        self.written = b""
        self._taker: Taker | None = None

    def begin(self, taker: Taker) -> None:
        self._taker = taker

    def write(self, data: bytes) -> None:
        self.written += data

    async def drained(self) -> None:
        """It takes all."""

    def hold(self, why: int) -> None:
        """Nothing is read."""

    release = hold

    def look(self) -> bool:
        return True

    def finish(self, linger: bool) -> None:
        self.cut()

    def part(self, give: Callable[[socket.socket], bool]) -> bool:
        return False

    def cut(self) -> None:
        self.is_cut = True
        if self._taker is not None:
            self._taker.closed()


class Lines(Log):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


class Stage:
    """An app on one connection, in the running loop. The Owner of the connection."""

    def __init__(self, app: App, requests: int = 1) -> None:
        self.stopping = False
        self.log = Lines()
        self.wire = Wire()
        loop = asyncio.get_running_loop()
        self._host = Host(app, self.log, loop, None, lambda shown: True)
        codec = ServerConnection({}, gather=0, base=REQUIRED, most_requests=requests)
        self.connection = Connection(self, self.wire, codec, spooled=requests > 1)
        self.connection.begin()
        self._tasks: set[asyncio.Task[None]] = set()

    def cycle(self, connection: Connection, request: Request) -> Cycle:
        return Cycle(self._host, connection, request, make_scope(request.params, {}))

    def run(self, cycle: Cycle) -> None:
        self._tasks.add(asyncio.get_running_loop().create_task(cycle.run()))

    def refused(self, status: int, message: str) -> None:
        raise AssertionError(message)

    def closed(self, connection: Connection) -> None:
        """The wire tells."""

    def idle(self, connection: Connection) -> None:
        """No stop is asked for."""

    def hand_over(self, connection: socket.socket) -> bool:
        return False

    async def feed(self, data: bytes) -> None:
        """What comes from the server; and what the app makes of it."""
        self.connection.feed(data)
        await settled()

    def looks(self, times: int = 1) -> bool:
        """Time passes. Whether the connection is cut then."""
        for _ in range(times):
            if not self.wire.is_cut:
                self.connection.cut_stale(SECONDS)
        return self.wire.is_cut

    async def over(self) -> None:
        self.wire.cut()
        await asyncio.gather(*self._tasks)


async def settled() -> None:
    """Each task has come as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def opening(number: int = 1, length: str = "10", path: str = "/x") -> bytes:
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "CONTENT_LENGTH": length}
    block = encode_pairs((name.encode(), value.encode()) for name, value in environ.items())
    return begin_request(number) + params(number, block)


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads its body, and then waits until the server leaves."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while (message := await receive())["type"] == "http.request":
        if message["body"]:
            await send({"type": "http.response.body", "body": message["body"], "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def run(app: App, test: Callable[[Stage], Awaitable[None]], requests: int = 1) -> None:
    async def play() -> None:
        stage = Stage(app, requests)
        await test(stage)
        await stage.over()

    asyncio.run(play())


@pytest.mark.parametrize("length", ["10", ""])
def test_an_app_that_awaits_a_body_that_does_not_come_sees_the_server_leave(length: str) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            seen.append(message["body"].decode())
        seen.append(message["type"])

    async def test(stage: Stage) -> None:
        await stage.feed(opening(length=length) + stdin(1, b"some"))
        assert not stage.looks()
        assert stage.looks()
        await settled()
        assert "".join(seen) == "somehttp.disconnect"
        assert stage.log.lines[0] == "POST /x: nobody waits for the response: nothing moved for 60 seconds"

    run(app, test)


def test_a_body_that_goes_on_coming_takes_as_long_as_it_takes() -> None:
    async def test(stage: Stage) -> None:
        await stage.feed(opening())
        for _ in range(9):
            await stage.feed(stdin(1, b"x"))
            assert not stage.looks()
        assert not stage.looks()
        assert stage.looks()

    run(reads, test)


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(opening() + stdin(1, b"0123456789") + stdin(1, b""), id="whole"),
        pytest.param(opening() + stdin(1, b"0123456789"), id="all but the end of the stream"),
        pytest.param(opening(length="") + stdin(1, b""), id="no body"),
        pytest.param(opening(length="") + stdin(1, b"0123") + stdin(1, b""), id="no length"),
    ],
)
def test_an_app_that_has_its_body_may_wait_for_the_server_to_leave(rest: bytes) -> None:
    """A long poll, or events."""

    async def test(stage: Stage) -> None:
        await stage.feed(rest)
        assert not stage.looks(10)
        assert stage.log.lines == []

    run(reads, test)


def test_an_app_that_does_something_else_than_to_await_its_body_is_left_alone() -> None:
    gates: list[asyncio.Event] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        gates.append(asyncio.Event())
        await gates[0].wait()
        await reads(scope, receive, send)

    async def test(stage: Stage) -> None:
        await stage.feed(opening() + stdin(1, b"some"))
        assert not stage.looks(10)
        gates[0].set()
        await settled()
        assert not stage.looks(2)  # what was there of it has moved
        assert stage.looks()

    run(app, test)


def test_while_the_response_moves_nothing_stands_still() -> None:
    gates: list[asyncio.Semaphore] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        gates.append(asyncio.Semaphore(0))
        await receive()
        reading = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not reading.done():
            await asyncio.wait(
                (reading, asyncio.ensure_future(gates[0].acquire())), return_when=asyncio.FIRST_COMPLETED
            )
            if not reading.done():
                await send({"type": "http.response.body", "body": b"event", "more_body": True})

    async def test(stage: Stage) -> None:
        await stage.feed(opening() + stdin(1, b"some"))
        for _ in range(10):
            gates[0].release()
            await settled()
            assert not stage.looks()
        assert not stage.looks()
        assert stage.looks()

    run(app, test)


def test_a_response_that_the_server_does_not_take_is_not_the_bodys_fault() -> None:
    """Nothing more is read meanwhile: it may be there."""

    async def test(stage: Stage) -> None:
        await stage.feed(opening() + stdin(1, b"some"))
        stage.wire.choked = True
        assert not stage.looks(10)
        stage.wire.choked = False
        assert not stage.looks()
        assert stage.looks()

    run(reads, test)


def test_of_requests_that_share_a_connection_one_that_is_whole_keeps_it() -> None:
    async def test(stage: Stage) -> None:
        await stage.feed(opening(1) + stdin(1, b"x") + opening(2) + opening(3, "") + stdin(3, b""))
        assert not stage.looks(10)

    run(reads, test, 8)


def test_requests_that_share_a_connection_and_all_stand_still_lose_it() -> None:
    async def test(stage: Stage) -> None:
        await stage.feed(opening(1, path="/a") + opening(2, path="/b") + stdin(1, b"x") + stdin(2, b"x"))
        assert not stage.looks(2)
        assert stage.looks()
        told = [line.partition(":")[0] for line in stage.log.lines if "nothing moved" in line]
        assert told == ["POST /a", "POST /b"]

    run(reads, test, 8)
