"""The server between clients and an application: on a loopback socket, with applications of a few lines."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
import pytest
import uvloop

from tests.real.front.stage import Stage, eventually, read_all, unchunked
from webstead.front import server as module
from webstead.front.asgi import Receive, Scope, Send
from webstead.front.connection import App, Connection
from webstead.front.exchange import ClientGone
from webstead.front.limits import HEADER_SECONDS, LINGER_SECONDS
from webstead.front.server import Entrance, HttpServer
from webstead.front.turn import Turn

PATIENCE = 10
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Served:
    """A server, and the connections to it."""

    server: HttpServer
    address: tuple[str, int]
    clients: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self, data: bytes = b"") -> Client:
        reader, writer = await asyncio.open_connection(*self.address)
        self.clients.append(writer)
        writer.write(data)
        return reader, writer

    @property
    def connections(self) -> list[Connection]:
        return [each for each in self.server._connections if isinstance(each, Connection)]

    async def connection(self) -> Connection:
        """The only one, when it has come."""
        await until(lambda: len(self.connections) == 1, "one connection")
        return self.connections[0]

    async def ask(self, data: bytes) -> bytes:
        """All that is answered on a connection of its own, until the server ends it."""
        reader, _ = await self.connect(data)
        return await everything(reader)


async def until(condition: Callable[[], bool], what: str) -> None:
    async def look() -> None:
        while not condition():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.005)

    try:
        await asyncio.wait_for(look(), PATIENCE)
    except TimeoutError:
        pytest.fail(f"never: {what}")


async def everything(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.read(), PATIENCE)


async def one_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of a response with a length."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    length = next(line[16:] for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
    return head, await asyncio.wait_for(reader.readexactly(int(length)), PATIENCE)


@asynccontextmanager
async def serving(app: App, most: int = 100) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    with patch.object(module, "_connections", lambda: most):
        server = HttpServer([Entrance(listener.detach(), app)])
    task = asyncio.create_task(server.serve())
    served = Served(server, server._listeners[0][0].getsockname())
    try:
        yield served
    finally:
        for writer in served.clients:
            writer.transport.abort()
        server.stop()
        for connection in served.connections:
            connection.abort()
        await asyncio.wait_for(task, PATIENCE)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test())


async def respond(send: Send, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def quick(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers in the step in which it was asked, whatever the body."""
    await respond(send, scope["raw_path"])


async def whole_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await whole_body(receive)
    await asyncio.sleep(0)
    await respond(send, scope["raw_path"] + b":" + body)


def get(path: bytes, *lines: bytes, version: bytes = b"1.1") -> bytes:
    head = (b"GET " + path + b" HTTP/" + version, b"Host: a", *lines, b"", b"")
    return b"\r\n".join(head)


LAST = b"Connection: close"
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="


@pytest.mark.parametrize("app", [quick, echo])
def test_pipelined_requests_are_answered_in_order(app: App) -> None:
    async def test() -> None:
        async with serving(app) as served:
            paths = [b"/%d" % number for number in range(200)]
            raw = await served.ask(b"".join(map(get, paths)) + get(b"/last", LAST))
            answers = raw.split(b"HTTP/1.1 200 OK\r\n")[1:]
            bodies = [answer.partition(b"\r\n\r\n")[2].rstrip(b":") for answer in answers]
            assert bodies == [*paths, b"/last"]

    run(test)


def test_the_slow_first_of_pipelined_requests_is_answered_first() -> None:
    release = asyncio.Event()
    running: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        running.append(scope["raw_path"])
        if scope["raw_path"] == b"/slow":
            await release.wait()
        await respond(send, scope["raw_path"])

    async def test() -> None:
        async with serving(app) as served:
            reader, _ = await served.connect(get(b"/slow") + get(b"/second"))
            await until(lambda: bool(running), "the first runs")
            assert running == [b"/slow"]
            release.set()
            assert (await one_answer(reader))[1] == b"/slow"
            assert (await one_answer(reader))[1] == b"/second"

    run(test)


def test_the_body_of_a_pipelined_request_comes_later() -> None:
    async def test() -> None:
        async with serving(echo) as served:
            head = b"POST /b HTTP/1.1\r\nContent-Length: 600000\r\n\r\n"
            reader, writer = await served.connect(get(b"/a") + head)
            assert (await one_answer(reader))[1] == b"/a:"
            writer.write(b"x" * 600_000)
            assert (await one_answer(reader))[1] == b"/b:" + b"x" * 600_000

    run(test)


def test_a_client_that_leaves_behind_pipelined_requests_is_noticed() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.sleep(0)
        if scope["raw_path"] == b"/b":
            seen.append((await receive())["type"])
        await respond(send, b"")

    async def test() -> None:
        async with serving(app) as served:
            reader, writer = await served.connect(get(b"/a") + get(b"/b"))
            await one_answer(reader)
            writer.transport.abort()
            await until(lambda: seen == ["http.disconnect"], "the app is told")

    run(test)


def test_pipelined_requests_are_not_held_without_limit() -> None:
    """What is held of them is what was read at once."""
    count = 50_000
    held: list[int] = []

    async def test() -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await echo(scope, receive, send)
            held.extend(len(connection._queue) for connection in served.connections)

        async with serving(app) as served:
            reader, _ = await served.connect(get(b"/") * count)
            for _ in range(count):
                await one_answer(reader)

    run(test)
    assert len(held) == count
    assert max(held) < count // 2


@pytest.mark.parametrize("app", [quick, echo])
def test_no_request_is_taken_behind_the_last(app: App) -> None:
    seen: list[bytes] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["raw_path"])
        await app(scope, receive, send)

    async def test() -> None:
        async with serving(noting) as served:
            raw = await served.ask(get(b"/last", LAST) + get(b"/behind"))
            assert raw.count(b"HTTP/1.1 ") == 1
            assert seen == [b"/last"]

    run(test)


@pytest.mark.parametrize("app", [quick, echo])
def test_bytes_that_are_no_request_end_the_connection(app: App) -> None:
    async def test() -> None:
        async with serving(app) as served:
            for data, first in (
                (b"\x16\x03", b"400"),
                (b"GET / HTTP/3.0\r\n\r\n", b"505"),
                (b"G" * 70_000, b"431"),
            ):
                raw = await served.ask(get(b"/good") + data)
                assert raw.count(b"HTTP/1.1 ") == 2
                last = raw.rpartition(b"HTTP/1.1 ")[2]
                assert last.startswith(first)
                assert b"connection: close\r\n" in last

    run(test)


def test_a_malformed_body_that_is_not_read_is_answered_once() -> None:
    async def test() -> None:
        async with serving(quick) as served:
            raw = await served.ask(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n")
            assert raw.count(b"HTTP/1.1 ") == 1
            assert raw.endswith(b"\r\n\r\n/a")

    run(test)


def test_a_malformed_body_looks_like_a_client_that_left() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            seen.append(message["type"])
        seen.append(message["type"])

    async def test() -> None:
        async with serving(app) as served:
            body = b"1\r\na\r\nx\r\n"
            assert await served.ask(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body) == b""

    run(test)
    assert seen == ["http.request", "http.disconnect"]


# Time


async def give(connection: Connection, data: bytes) -> None:
    """As the event loop does it."""
    asyncio.get_running_loop().call_soon(connection.data_received, data)
    await asyncio.sleep(0)


def test_a_head_that_stands_still_is_told_so() -> None:
    async def test() -> None:
        async with serving(quick) as served:
            reader, _ = await served.connect(get(b"/")[:-2])
            connection = await served.connection()
            await until(lambda: connection._parser.in_head, "half a head has come")
            connection.deadline = 0.0
            raw = await everything(reader)
            assert raw.startswith(b"HTTP/1.1 408 ")
            assert b"connection: close\r\n" in raw

    run(test)


def test_a_silent_connection_is_closed_without_a_word() -> None:
    async def test() -> None:
        async with serving(quick) as served:
            fresh, _ = await served.connect()
            connection = await served.connection()
            assert connection.deadline == pytest.approx(served.server.now + HEADER_SECONDS, abs=2)
            connection.deadline = 0.0
            assert await everything(fresh) == b""
            used, _ = await served.connect(get(b"/used"))
            assert (await one_answer(used))[1] == b"/used"
            connection = await served.connection()
            connection.deadline = 0.0
            assert await everything(used) == b""

    run(test)


def test_a_head_has_its_time_once_however_slowly_it_drips() -> None:
    async def test() -> None:
        async with serving(quick) as served:
            _, _ = await served.connect()
            connection = await served.connection()
            for empty in (b"\r\n", b"\r", b"\n"):
                await give(connection, empty)
            await give(connection, b"G")
            begun = connection.deadline
            served.server.now += 7
            for byte in b"ET / HTTP/1.1\r\nHost: a\r\n":
                await give(connection, bytes([byte]))
            assert connection.deadline == begun

    run(test)


def test_the_next_head_has_its_own_time() -> None:
    async def test() -> None:
        async with serving(quick) as served:
            reader, _ = await served.connect(get(b"/"))
            await one_answer(reader)
            connection = await served.connection()
            for _ in range(2):
                served.server.now += 7
                await give(connection, b"G")
                assert connection.deadline == served.server.now + HEADER_SECONDS
                await give(connection, get(b"/")[1:])

    run(test)


def test_a_request_that_is_answered_has_no_time_limit() -> None:
    running = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        running.set()
        await asyncio.get_running_loop().create_future()

    async def test() -> None:
        async with serving(app) as served:
            await served.connect(get(b"/"))
            await asyncio.wait_for(running.wait(), PATIENCE)
            assert (await served.connection()).deadline == float("inf")
            for connection in served.connections:
                connection.abort()

    run(test)


# Ends


@pytest.mark.parametrize("sleeps", [False, True])
def test_an_answer_before_the_body_arrives_whole(sleeps: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if sleeps:
            await asyncio.sleep(0)
        await respond(send, b"no" * 50_000)

    async def test() -> None:
        async with serving(app) as served:
            reader, writer = await served.connect(b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n")
            connection = await served.connection()
            writer.write(b"x" * 4_000_000)
            raw = await everything(reader)
            head, _, body = raw.partition(b"\r\n\r\n")
            assert b"\r\nconnection: close" in head
            assert body == b"no" * 50_000
            assert connection.deadline <= served.server.now + LINGER_SECONDS
            await asyncio.wait_for(writer.drain(), PATIENCE)  # it is taken, and thrown away
            assert served.connections == [connection]
            connection.deadline = 0.0  # a client that never ends
            await until(lambda: not served.connections, "it is cut")

    run(test)


def test_a_client_that_has_ended_its_half_is_answered() -> None:
    async def test() -> None:
        async with serving(echo) as served:
            reader, writer = await served.connect(
                b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" + get(b"/b")
            )
            writer.write_eof()
            raw = await everything(reader)
            assert raw.count(b"HTTP/1.1 200 OK") == 2
            assert b"\r\n\r\n/a:abcHTTP/1.1 " in raw
            assert raw.endswith(b"\r\n\r\n/b:")

    run(test)


def test_a_half_request_of_a_client_that_has_ended_is_dropped() -> None:
    async def test() -> None:
        async with serving(echo) as served:
            reader, writer = await served.connect(get(b"/")[:-2])
            writer.write_eof()
            assert await everything(reader) == b""

    run(test)


def test_http_1_0_stays_when_it_asks_to() -> None:
    async def test() -> None:
        async with serving(quick) as served:
            reader, _ = await served.connect(get(b"/1", b"Connection: keep-alive", version=b"1.0"))
            head, body = await one_answer(reader)
            assert b"connection: keep-alive\r\n" in head
            assert body == b"/1"
            raw = await served.ask(get(b"/2", version=b"1.0"))
            assert raw.endswith(b"connection: close\r\n\r\n/2")

    run(test)


def test_a_response_that_breaks_off_is_seen_to() -> None:
    class Broken(Exception):
        pass

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"9")] if scope["raw_path"] == b"/length" else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.sleep(0.01)
        if scope["raw_path"] != b"/forgotten":
            raise Broken

    async def test() -> None:
        async with serving(app) as served:
            for path in (b"/length", b"/chunks", b"/forgotten"):
                reader, _ = await served.connect(get(path))
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await asyncio.wait_for(reader.readexactly(1 << 20), PATIENCE)

    run(test)


def test_a_body_is_asked_for_when_the_app_wants_it() -> None:
    async def test() -> None:
        async with serving(echo) as served:
            reader, writer = await served.connect(
                b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            interim = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
            assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"ab")
            assert (await one_answer(reader))[1] == b"/:ab"

    run(test)


def test_a_body_is_not_asked_for_within_the_response() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        body = await whole_body(receive)
        await send({"type": "http.response.body", "body": body})

    async def test() -> None:
        async with serving(app) as served:
            reader, writer = await served.connect(
                b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
            assert head.startswith(b"HTTP/1.1 200 ")
            writer.write(b"ab")
            assert unchunked(await everything(reader)) == b"halfab"

    run(test)


def test_one_who_asks_for_much_at_once_lets_others_have_their_turn() -> None:
    order: list[bytes] = []
    other = socket.socket()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"]
        if path == b"/many" and not order:
            other.send(get(b"/other", LAST))
        order.append(path)
        await respond(send, b"")

    async def test() -> None:
        async with serving(app) as served:
            other.connect(served.address)
            await served.connection()
            reader, _ = await served.connect(get(b"/many") * 3000 + get(b"/many", LAST))
            assert (await everything(reader)).count(b"HTTP/1.1 200 ") == 3001
            assert order.count(b"/many") == 3001
            assert order.index(b"/other") < 1000

    with other:
        run(test)


def test_one_who_sends_small_chunks_lets_others_have_their_turn() -> None:
    chunk, received, before = b"1\r\nx\r\n", 0, 0
    servers: list[HttpServer] = []
    other = socket.socket()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal received, before
        if scope["raw_path"] == b"/other":
            before = received + sum(turn.inbound.held for turn in turns())
        else:
            other.send(get(b"/other", LAST))
            more = True
            while more:
                message = await receive()
                received += len(message["body"])
                more = message["more_body"]
        await respond(send, b"")

    def turns() -> list[Turn]:
        found = (each for each in servers[0]._connections if isinstance(each, Connection))
        return [turn for turn in (each._turn for each in found) if turn is not None]

    async def test() -> None:
        async with serving(app) as served:
            servers.append(served.server)
            other.connect(served.address)
            await served.connection()
            head = b"POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            reader, _ = await served.connect(head + chunk * 200_000 + b"0\r\n\r\n")
            assert (await everything(reader)).startswith(b"HTTP/1.1 200 ")
            assert received == 200_000
            assert 0 < before < 15_000

    with other:
        run(test)


def test_much_that_comes_with_a_head_is_handed_over_whole() -> None:
    early = b"".join(b"%07d " % number for number in range(10_000))
    heard, whole = bytearray(), asyncio.Event()

    class Hears(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            heard.extend(data)
            if len(heard) >= len(early):
                whole.set()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        hears = Hears()
        wire, before = scope["hand_over"](hears)
        hears.data_received(before)
        wire.resume_reading()
        await asyncio.wait_for(whole.wait(), PATIENCE)
        wire.abort()

    async def test() -> None:
        async with serving(app) as served:
            asks = get(b"/", b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", KEY)
            await served.ask(asks + early)
            assert heard == early

    run(test)


# Places


def test_the_oldest_that_waits_gives_up_its_place() -> None:
    release = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await respond(send, b"done")

    async def test() -> None:
        async with serving(app, most=3) as served:
            busy, _ = await served.connect(get(b"/"))
            await until(lambda: any(not each.waits for each in served.connections), "the first is answered")
            idle = []
            for _ in range(2):
                before = len(served.connections)
                idle.append((await served.connect())[0])
                await until(lambda: len(served.connections) > before, "it has a place")  # noqa: B023  # at once
            last, _ = await served.connect(get(b"/"))
            assert await everything(idle[0]) == b""
            await until(
                lambda: sum(not each.waits for each in served.connections) == 2, "the last is answered"
            )
            assert len(served.connections) == 3
            assert not idle[1].at_eof()
            release.set()
            assert (await one_answer(busy))[1] == b"done"
            assert (await one_answer(last))[1] == b"done"

    run(test)


def test_where_all_are_answered_none_gives_up_its_place() -> None:
    release = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await respond(send, b"done")

    async def test() -> None:
        async with serving(app, most=1) as served:
            readers = [(await served.connect(get(b"/", LAST)))[0] for _ in range(3)]
            await until(lambda: sum(not each.waits for each in served.connections) == 3, "all are answered")
            release.set()
            assert [(await one_answer(reader))[1] for reader in readers] == [b"done"] * 3

    run(test)


def test_a_server_that_stops_lets_requests_end() -> None:
    release = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["raw_path"] == b"/slow":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            await release.wait()
            await send({"type": "http.response.body", "body": b"done"})
        else:
            await respond(send, b"quick")

    async def test() -> None:
        async with serving(app) as served:
            kept, _ = await served.connect(get(b"/"))
            await one_answer(kept)
            slow, _ = await served.connect(get(b"/slow"))
            await until(lambda: any(not each.waits for each in served.connections), "it is answered")
            served.server.stop()
            assert await everything(kept) == b""
            await until(lambda: len(served.connections) == 1, "the other one stays")
            with pytest.raises(OSError):  # noqa: PT011  # refused or reset, as the system has it
                await everything((await served.connect(get(b"/")))[0])
            release.set()
            _, _, body = (await everything(slow)).partition(b"\r\n\r\n")
            assert unchunked(body) == b"halfdone"
            await asyncio.wait_for(served.server._over, PATIENCE)

    run(test)


# Files

SIZE = 5_000_000


@pytest.mark.parametrize(("first", "length"), [(0, SIZE), (1_234_567, 2_000_001), (SIZE - 1, 1), (7, 0)])
def test_a_file_to_a_slow_reader_stops_nobody(tmp_path: Path, first: int, length: int) -> None:
    content = b"".join(b"%07d " % number for number in range(SIZE // 8))
    path = tmp_path / "file"
    path.write_bytes(content)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["raw_path"] == b"/":
            await respond(send, b"quick")
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": str(path), "first": first, "length": length})

    async def test() -> None:
        async with serving(app) as served:
            slow = [await _small(served, get(b"/file") + get(b"/")) for _ in range(20)]
            for _ in range(3):
                assert (await one_answer((await served.connect(get(b"/")))[0]))[1] == b"quick"
            for reader in slow:
                assert (await one_answer(reader))[1] == content[first : first + length]
                assert (await one_answer(reader))[1] == b"quick"

    run(test)


async def _small(served: Served, data: bytes) -> asyncio.StreamReader:
    """A client that holds little of what it does not read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, served.address)
    reader, writer = await asyncio.open_connection(sock=sock, limit=4096)
    served.clients.append(writer)
    writer.write(data)
    return reader


def test_a_client_that_leaves_within_a_file_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(20_000_000))
    errors: list[ClientGone] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await send(
                {"type": "http.response.pathsend", "path": str(path), "first": 0, "length": 20_000_000}
            )
        except ClientGone as error:
            errors.append(error)
            raise

    async def test() -> None:
        async with serving(app) as served:
            await _small(served, get(b"/"))
            before = psutil.Process().num_fds()
            readers = [await _small(served, get(b"/")) for _ in range(10)]
            for reader in readers:
                assert (await asyncio.wait_for(reader.read(100), PATIENCE)).startswith(b"HTTP/1.1 200 OK")
            for writer in served.clients[1:]:
                writer.transport.abort()
            await until(lambda: len(errors) == 10, "the application is told")
            await until(
                lambda: psutil.Process().num_fds() <= before + 2, "their files and sockets are closed"
            )
            assert len(served.connections) == 1

    run(test)


def test_a_file_that_is_shorter_than_was_said_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"short")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": str(path), "first": 0, "length": 9})

    async def test() -> None:
        async with serving(app) as served:
            reader, _ = await served.connect(get(b"/"))
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await one_answer(reader)

    run(test)


def test_clients_that_leave_within_a_file_are_not_in_the_log_of_errors(stage: Stage) -> None:
    front = stage.front()
    (stage.root / "large.bin").write_bytes(bytes(20_000_000))
    front.serve(stage.root)
    for _ in range(5):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(PATIENCE)
            client.connect(("127.0.0.1", front.port))
            client.sendall(get(b"/large.bin"))
            assert client.recv(60).startswith(b"HTTP/1.1 200 OK")
    eventually(lambda: len(front.lines()) == 5, "all have ended")
    assert front.ask("/large.bin").body == bytes(20_000_000)
    assert front.errors.read_text() == ""


def test_clients_of_a_front_are_answered_in_order_and_to_the_end(stage: Stage) -> None:
    """Files small and large, ranges, and errors, pipelined by one that has ended its half."""
    content = b"".join(b"%07d " % number for number in range(SIZE // 8))
    front = stage.front()
    (stage.root / "small.txt").write_bytes(b"small")
    (stage.root / "large.bin").write_bytes(content)
    front.serve(stage.root)
    asked = (
        get(b"/small.txt")
        + get(b"/large.bin", b"Range: bytes=1000-3000999")
        + get(b"/none.txt")
        + get(b"/large.bin")
        + get(b"/small.txt", LAST)
    )
    with front.connect() as client:
        client.sendall(asked)
        client.shutdown(socket.SHUT_WR)
        raw = read_all(client)
    statuses, bodies = [], []
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        length = next(int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
        statuses.append(head[9:12])
        bodies.append(raw[:length])
        raw = raw[length:]
    assert statuses == [b"200", b"206", b"404", b"200", b"200"]
    assert bodies[0] == bodies[4] == b"small"
    assert bodies[1] == content[1000:3001000]
    assert bodies[3] == content
