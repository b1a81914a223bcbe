"""An ASGI app behind real sockets, with asyncio's loop and with uvloop's."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import hashlib
import socket
import sys
import threading
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import Body, End, Head, begin_request, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    ABORT_REQUEST,
    AUTHORIZER,
    FILTER,
    GET_VALUES,
    GET_VALUES_RESULT,
    pack_begin,
    pack_record,
)
from webstead.formats.fastcgi.server import end_of_response
from webstead.gateway.asgi.interface import Receive, Scope, Send
from webstead.gateway.transport.listen import open_listener

from .asgi_harness import Heard, Watched, body, echo, new_server, say_path, serving, start, whole
from .conftest import SECONDS

ABORT = pack_record(ABORT_REQUEST, 1, b"")


@pytest.fixture(params=["asyncio", "uvloop"], autouse=True)
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)


def test_connections_are_kept_or_closed_as_asked(folder: Path) -> None:
    with serving(folder, say_path) as served, served.peer() as first, served.peer() as second:
        for turn in range(20):
            assert first.get(f"/{turn}").text == f"/{turn}"
            assert second.get(f"/{turn}").text == f"/{turn}"
        first.ask("/last", keep=False)
        assert first.answer().text == "/last"
        assert first.closed()


def test_the_app_sees_the_request(folder: Path) -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["pool"] = "p"
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        scopes.append(scope)
        assert await whole(receive) == b"abc"
        await say_path(scope, receive, send)

    with serving(folder, app) as served, served.peer() as peer:
        extra = {"HTTP_X_A": "1", "REQUEST_URI": "/a%20b?c", "REMOTE_USER": "DOMAIN\\ada"}
        peer.ask("/a b?c", "POST", b"abc", extra)
        assert peer.answer().text == "/a b"
    (scope,) = scopes
    assert (scope["method"], scope["raw_path"], scope["query_string"]) == ("POST", b"/a%20b", b"c")
    assert scope["headers"] == [(b"content-length", b"3"), (b"x-a", b"1")]
    assert scope["state"] == {"pool": "p"}
    assert scope["extensions"]["webstead.params"]["REMOTE_USER"] == "DOMAIN\\ada"


def test_both_directions_stream_at_once(folder: Path) -> None:
    """The answer to each piece is here before the next piece is sent."""
    with serving(folder, echo) as served, served.peer() as peer:
        extra = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
        peer.socket.sendall(peer.opening("/", "POST", None, extra))
        for turn in range(5):
            peer.socket.sendall(stdin(1, b"%d" % turn))
            if not turn:
                assert type(peer.event()) is Head
            assert peer.event() == Body(b"%d" % turn)
        peer.socket.sendall(stdin(1, b""))
        assert peer.answer().end is not None
        assert peer.get("/").status == 200


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 3_000_000])
def test_bodies_of_any_size(folder: Path, size: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        data = await whole(receive)
        await start(send)
        await body(send, hashlib.sha256(data).hexdigest().encode() + data[::-1])

    data = bytes(range(251)) * (size // 251) + bytes(size % 251)
    with serving(folder, app) as served, served.peer() as peer:
        for _ in range(2):
            sender = threading.Thread(target=peer.ask, args=("/", "POST", data))
            sender.start()
            answer = peer.answer()
            sender.join()
            assert answer.body == hashlib.sha256(data).hexdigest().encode() + data[::-1]
            assert answer.header(b"content-length") == b"%d" % (size + 64)


def test_a_request_of_single_bytes(folder: Path) -> None:
    with serving(folder, echo) as served, served.peer() as peer:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        request = peer.opening("/", "POST", b"abc", None) + peer.closing(b"abc")
        for at in range(len(request)):
            peer.socket.sendall(request[at : at + 1])
        assert peer.answer().text == "abc"


def test_head_and_statuses_without_body(folder: Path) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await start(send, int(scope["path"][1:]))
        await body(send, b"some", True)
        await body(send, b"thing")

    with serving(folder, app) as served, served.peer() as peer:
        peer.ask("/200", "HEAD")
        assert (peer.answer().body, peer.get("/204").body, peer.get("/304").status) == (b"", b"", 304)
        assert peer.get("/200").text == "something"


def test_a_file_by_its_path(folder: Path) -> None:
    content = bytes(range(256)) * 5000
    (folder / "file").write_bytes(content)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await start(send, 200, (b"content-length", b"%d" % len(content)))
        await send({"type": "http.response.pathsend", "path": str(folder / scope["path"][1:])})

    with serving(folder, app) as served, served.peer() as peer:
        assert peer.get("/file").body == content
        peer.ask("/file", "HEAD")
        assert (peer.answer().body, peer.get("/file").body) == (b"", content)
        assert peer.get("/missing").status == 500
        assert "No such file" in served.log.lines[-1]


def test_the_app_hears_of_a_disconnect(folder: Path) -> None:
    app = Watched()
    with serving(folder, app) as served:
        with served.peer() as peer:
            peer.ask("/wait")
            assert app.inside.wait(SECONDS)
        assert app.over.wait(SECONDS)
        assert app.seen[1:] == ["http.disconnect", "silence", "Disconnected"]


def test_an_abort_ends_the_request_and_frees_the_connection(folder: Path) -> None:
    app = Watched()
    with serving(folder, app) as served, served.peer() as peer:
        peer.ask("/wait")
        assert app.inside.wait(SECONDS)
        peer.socket.sendall(ABORT)
        assert peer.socket.recv(65536) == end_of_response(1)
        assert app.over.wait(SECONDS)
        assert app.seen[1:] == ["http.disconnect", "silence", "Disconnected"]
        assert peer.get("/next").text == "/next"


def test_a_disconnect_stops_an_endless_response(folder: Path) -> None:
    over = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await start(send)
        try:
            while True:
                await body(send, bytes(100_000), True)
        finally:
            over.set()

    with serving(folder, app) as served:
        with served.peer() as peer:
            peer.ask("/")
            assert peer.event() == Head(200, [])
        assert over.wait(SECONDS)
        assert "Disconnected" in served.log.wait_for("GET /: nobody waits for the response")


def test_behind_its_response_an_app_hears_of_a_disconnect(folder: Path) -> None:
    seen: list[str] = []
    over = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await say_path(scope, receive, send)
        seen.append((await receive())["type"])
        seen.append((await receive())["type"])
        over.set()

    with serving(folder, app) as served, served.peer() as peer:
        assert peer.get("/x").text == "/x"
        assert over.wait(SECONDS)
        assert seen == ["http.request", "http.disconnect"]


def test_an_app_may_work_on_behind_its_response(folder: Path) -> None:
    """The connection is free meanwhile."""
    steps: list[str] = []
    second: list[asyncio.Future[None]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        if scope["path"] == "/first":
            second.append(asyncio.get_running_loop().create_future())
        await say_path(scope, receive, send)
        steps.append(scope["path"])
        if scope["path"] == "/first":
            await second[0]
            steps.append("background")
        else:
            second[0].set_result(None)

    with serving(folder, app) as served, served.peer() as peer:
        assert peer.get("/first").text == "/first"
        assert peer.get("/second").text == "/second"
    assert steps == ["/first", "/second", "background"]


def test_a_body_that_nobody_receives_is_no_trouble(folder: Path) -> None:
    """The response comes before the end of the body, and the connection serves on."""
    with serving(folder, say_path) as served, served.peer() as peer:
        data = bytes(2_000_000)
        sender = threading.Thread(target=peer.ask, args=("/x", "POST", data))
        sender.start()
        assert peer.answer().text == "/x"
        sender.join()
        assert peer.get("/y").text == "/y"
        sender = threading.Thread(target=peer.ask, args=("/z", "POST", data), kwargs={"keep": False})
        sender.start()
        assert peer.answer().text == "/z"
        sender.join()
        assert peer.closed()


@pytest.mark.parametrize(
    ("length", "sent", "status", "text"),
    [
        ("5", b"abc", 400, "ended 2 bytes before"),
        ("x", b"", 400, "CONTENT_LENGTH is 'x'\n"),
        ("-2", b"", 400, "CONTENT_LENGTH is '-2'\n"),
        ("-1", b"abc", 200, "abc"),  # Caddy's word for an unknown one
        ("2", b"abc", 200, "ab"),
    ],
)
def test_a_body_that_is_not_as_long_as_it_says(
    folder: Path, length: str, sent: bytes, status: int, text: str
) -> None:
    with serving(folder, echo) as served, served.peer() as peer:
        peer.socket.sendall(peer.opening("/", "POST", None, {"CONTENT_LENGTH": length}) + peer.closing(sent))
        answer = peer.answer()
        assert answer.status == status
        assert text in answer.text
        assert status != 200 or answer.text == text
        assert peer.get("/").status == 200


def test_a_body_that_ends_early_is_a_disconnect_to_the_app(folder: Path) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await start(send)
        await body(send, b"", True)
        seen.append((await receive())["type"])
        seen.append((await receive())["type"])
        await body(send, b"done")

    with serving(folder, app) as served, served.peer() as peer:
        peer.socket.sendall(peer.opening("/", "POST", None, {"CONTENT_LENGTH": "5"}) + stdin(1, b"abc"))
        assert peer.event() == Head(200, [])
        peer.socket.sendall(stdin(1, b""))
        assert peer.answer().text == "done"
    assert seen == ["http.request", "http.disconnect"]


def test_breaches_are_answered(folder: Path) -> None:
    with serving(folder, echo) as served:
        with served.peer() as peer:
            peer.socket.sendall(b"\x02" * 16)
            assert peer.closed()
        with served.peer() as peer:
            peer.socket.sendall(begin_request(1) + stdin(1, b"before the parameters"))
            assert peer.answer().status == 400
            assert peer.closed()
        with served.peer() as peer:
            many = encode_pairs((b"HTTP_%d" % number, b"") for number in range(2000))
            peer.socket.sendall(begin_request(1) + params(1, many) + stdin(1, b""))
            assert peer.answer().status == 431
            assert peer.get("/").status == 200
        with served.peer() as peer:
            peer.socket.sendall(pack_begin(1, FILTER, 1) + params(1, b""))
            assert peer.answer().status == 501
        with served.peer() as peer:
            peer.socket.sendall(pack_record(GET_VALUES, 0, encode_pairs([(b"FCGI_MPXS_CONNS", b"")])))
            assert peer.socket.recv(8)[1] == GET_VALUES_RESULT


def test_beyond_the_most_connections_the_next_one_waits_for_a_place(folder: Path) -> None:
    with serving(folder, say_path, most=2) as served:
        first, second, third = served.peer(), served.peer(), served.peer()
        assert first.get("/1").text == "/1"
        assert second.get("/2").text == "/2"
        third.ask("/3")
        first.socket.close()
        assert third.answer().text == "/3"
        second.socket.close()
        third.socket.close()


VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="")


def test_context_variables_stay_in_their_request(folder: Path) -> None:
    """Also those of a request that has let the reading of its connection go on."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        seen.append(VARIABLE.get())
        VARIABLE.set("leaked")
        await whole(receive)
        await start(send)
        await body(send, bytes(500_000))

    with serving(folder, app) as served, served.peer() as peer:
        for _ in range(3):
            sender = threading.Thread(target=peer.ask, args=("/", "POST", bytes(500_000)))
            sender.start()
            assert len(peer.answer().body) == 500_000
            sender.join()
    assert seen == ["", "", ""]


def test_reading_pauses_while_the_app_does_not_receive(folder: Path) -> None:
    """The server's send stops long before its body is over, and goes on when the app wants it."""
    gate = threading.Event()
    sizes: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await asyncio.get_running_loop().run_in_executor(None, gate.wait, SECONDS)
        sizes.append(len(await whole(receive)))
        await say_path(scope, receive, send)

    with serving(folder, app) as served, served.peer() as peer:
        peer.socket.sendall(peer.opening("/", "POST", bytes(8_000_000), None))
        peer.socket.settimeout(0.2)
        sent = 0
        chunk = stdin(1, bytes(50_000))
        with contextlib.suppress(TimeoutError):
            while sent < 8_000_000:
                peer.socket.sendall(chunk)
                sent += len(chunk)
        assert sent < 2_000_000
        gate.set()
        peer.socket.close()


def test_an_authorizer_has_no_body(folder: Path) -> None:
    """Also when the server tells it the length of the request's."""
    with serving(folder, echo) as served, served.peer() as peer:
        block = encode_pairs([(b"CONTENT_LENGTH", b"5")])
        peer.socket.sendall(pack_begin(1, AUTHORIZER, 1) + params(1, block))
        assert peer.answer().status == 200


def test_a_stop_serves_what_waits_already(folder: Path) -> None:
    inside = threading.Event()
    gate = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        if scope["path"] == "/block":  # the whole loop, as a careless app does
            inside.set()
            gate.wait(SECONDS)
        await say_path(scope, receive, send)

    with serving(folder, app) as served, served.peer() as first, served.peer() as kept:
        assert kept.get("/kept").text == "/kept"
        first.ask("/block")
        assert inside.wait(SECONDS)
        kept.ask("/again")
        with served.peer() as second:
            second.ask("/waits")
            served.server.stop()
            gate.set()
            assert first.answer().text == "/block"
            assert second.answer().text == "/waits"
            assert kept.answer().text == "/again"
            assert first.closed()
            assert second.closed()
            assert kept.closed()


def test_a_stop_that_comes_first(folder: Path) -> None:
    server = new_server(say_path, Heard())
    server.stop()
    server.run_listener(open_listener(f"unix:{folder}/s", {}))
    server.stop()


def test_ends_of_responses_are_single(folder: Path) -> None:
    with serving(folder, say_path) as served, served.peer() as peer:
        peer.ask("/x")
        assert [type(peer.event()) for _ in range(3)] == [Head, Body, End]
        peer.socket.shutdown(socket.SHUT_WR)
        assert peer.event() is None
