"""An ASGI app on connected streams, as IIS hands them over."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from webstead.formats.fastcgi.client import Body, Head, ResponseParser, stdin
from webstead.gateway.asgi.interface import Receive, Scope, Send
from webstead.gateway.asgi.server import AsgiServer
from webstead.gateway.transport.channel import Channel, SocketChannel

from .asgi_harness import App, Heard, new_server
from .conftest import SECONDS, Peer


@pytest.fixture(params=["asyncio", "uvloop"], autouse=True)
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)


class Line(Peer):
    """A peer on a socket that is connected already."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.socket.settimeout(SECONDS)
        self.parser = ResponseParser()
        self.events = []


@contextmanager
def running(server: AsgiServer, run: Callable[[], None]) -> Iterator[threading.Event]:
    over = threading.Event()

    def work() -> None:
        run()
        over.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield over
    finally:
        server.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()
        assert over.is_set()


@contextmanager
def attached(app: App) -> Iterator[tuple[Peer, AsgiServer, threading.Event]]:
    ours, theirs = socket.socketpair()
    server = new_server(app, Heard())
    channel = SocketChannel(theirs)
    with running(server, lambda: server.run_channel(channel)) as over, Line(ours) as line:
        yield line, server, over


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200})
    more = True
    while more:
        message = await receive()
        more = message["more_body"]
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})


def test_requests_one_after_the_other() -> None:
    with attached(echo) as (line, _, over):
        for turn in range(50):
            text = b"%d" % turn
            line.ask("/", "POST", text)
            assert line.answer().body == text
        assert not over.is_set()
        line.ask("/", "POST", b"last", keep=False)
        assert line.answer().text == "last"
        assert line.closed()


def test_both_directions_stream_at_once() -> None:
    with attached(echo) as (line, _, _over):
        line.socket.sendall(line.opening("/", "POST", None, None))
        for turn in range(5):
            line.socket.sendall(stdin(1, b"%d" % turn))
            if not turn:
                assert type(line.event()) is Head
            assert line.event() == Body(b"%d" % turn)
        line.socket.sendall(stdin(1, b""))
        assert line.answer().end is not None


def test_twenty_megabytes_each_way() -> None:
    data = bytes(range(250)) * 80_000
    with attached(echo) as (line, _, _over):
        sender = threading.Thread(target=line.ask, args=("/", "POST", data))
        sender.start()
        answer = line.answer()
        sender.join()
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(data).digest()


def test_the_server_closes_and_run_returns() -> None:
    with attached(echo) as (line, _, over):
        line.ask("/", "POST", b"a")
        assert line.answer().text == "a"
        line.socket.close()
        assert over.wait(SECONDS)


class Gated:
    def __init__(self) -> None:
        self.inside = threading.Event()
        self.seen: list[str] = []
        self._gate: Callable[[], object] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        loop = asyncio.get_running_loop()
        gate = asyncio.Event()
        self._gate = lambda: loop.call_soon_threadsafe(gate.set)
        await receive()
        self.inside.set()
        if scope["path"] == "/wait":
            await gate.wait()
        else:
            self.seen.append((await receive())["type"])
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"done"})

    def open(self) -> None:
        assert self._gate is not None
        self._gate()


def test_a_stop_closes_an_idle_channel() -> None:
    with attached(echo) as (line, server, over):
        line.ask("/", "POST", b"a")
        assert line.answer().text == "a"
        server.stop()
        assert line.closed()
    assert over.is_set()


def test_a_stop_lets_the_request_finish() -> None:
    app = Gated()
    with attached(app) as (line, server, over):
        line.ask("/wait")
        assert app.inside.wait(SECONDS)
        server.stop()
        app.open()
        assert line.answer().text == "done"
        assert line.closed()
    assert over.is_set()


def test_the_app_hears_of_a_disconnect() -> None:
    app = Gated()
    with attached(app) as (line, _, over):
        line.ask("/leave")
        assert app.inside.wait(SECONDS)
        line.socket.close()
        assert over.wait(SECONDS)
    assert app.seen == ["http.disconnect"]


class Queue:
    """Gives the channels of a list, then waits for interrupt()."""

    def __init__(self, channels: list[Channel]) -> None:
        self._channels = channels
        self._end = threading.Event()
        self.closed = False

    def accept(self) -> Channel | None:
        if self._channels:
            return self._channels.pop(0)
        assert self._end.wait(SECONDS)
        return None

    def interrupt(self) -> None:
        self._end.set()

    def close(self) -> None:
        self.closed = True


def test_one_channel_after_the_other() -> None:
    pairs = [socket.socketpair() for _ in range(3)]
    listener = Queue([SocketChannel(theirs) for _, theirs in pairs])
    server = new_server(echo, Heard())
    with running(server, lambda: server.run_channels(listener)):
        for turn, (ours, _) in enumerate(pairs):
            with Line(ours) as line:
                line.ask("/", "POST", b"%d" % turn)
                assert line.answer().body == b"%d" % turn
    assert listener.closed
