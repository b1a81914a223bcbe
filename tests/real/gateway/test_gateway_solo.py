"""One connected stream as IIS gives it: requests one after the other, the end, a stop in every moment."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from webstead.formats.fastcgi.client import Body, End, Head, ResponseParser, stdin
from webstead.formats.fastcgi.pairs import decode_pairs, encode_pairs
from webstead.formats.fastcgi.records import GET_VALUES, Buffer, pack_record
from webstead.gateway.dialect import Dialect
from webstead.gateway.engine.solo import BAD_PROTOCOL, CUT_SHORT, ONE_CHANNEL, Solo, SoloListener
from webstead.gateway.observe.log import Log
from webstead.gateway.transport.channel import SocketChannel
from webstead.gateway.windows.fake import FakeKernel, FakePipe
from webstead.gateway.windows.pipe import PipeListener
from webstead.gateway.wsgi.environ import Environ, own_values
from webstead.gateway.wsgi.runner import Runner

from .conftest import SECONDS, Peer

SOURCE = Path(__file__).parents[3] / "src"


class App:
    """/wait waits for `gate`; /digest reads its body; `inside` counts who is in there."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.inside = threading.Semaphore(0)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        text = path
        if path == "/wait":
            self.inside.release()
            assert self.gate.wait(SECONDS)
        elif path == "/digest":
            self.inside.release()
            text = hashlib.sha256(environ["wsgi.input"].read()).hexdigest()
        elif path == "/unread":
            self.inside.release()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [text.encode()]


class ServerEnd(Peer):
    """The web server's end of the stream."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(SECONDS)
        self.socket = connected
        self.parser = ResponseParser()
        self.events = []


class Stage:
    """A Solo in a thread. code: what run() returns."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.app = App()
        self.peer = ServerEnd(theirs)
        self.solo = Solo(
            SocketChannel(ours), Runner(self.app, own_values(1), Log(), Dialect()), ONE_CHANNEL, Log()
        )
        pool = ThreadPoolExecutor(1)
        self.code: Future[int] = pool.submit(self.solo.run)
        pool.shutdown(wait=False)

    def ended(self) -> int:
        self.peer.socket.close()
        return self.code.result(SECONDS)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.app.gate.set()
    made.ended()


def test_one_request_after_the_other(stage: Stage) -> None:
    for turn in range(200):
        assert stage.peer.get(f"/{turn}").text == f"/{turn}"
    assert stage.ended() == 0


def test_without_keep_conn_it_closes_behind_the_response(stage: Stage) -> None:
    stage.peer.ask("/once", keep=False)
    assert stage.peer.answer().text == "/once"
    assert stage.peer.closed()
    assert stage.ended() == 0


@pytest.mark.parametrize("size", [1, 65_536, 65_537, 3_000_000])
def test_bodies_of_every_size(stage: Stage, size: int) -> None:
    body = os.urandom(size)
    for _ in range(2):
        stage.peer.ask("/digest", "POST", body)
        assert stage.peer.answer().text == hashlib.sha256(body).hexdigest()


def test_a_body_that_nobody_reads_does_not_hurt_the_next_request(stage: Stage) -> None:
    stage.peer.ask("/unread", "POST", bytes(1_000_000))
    assert stage.peer.answer().text == "/unread"
    assert stage.peer.get("/next").text == "/next"


def test_without_keep_conn_an_unread_body_does_not_cost_the_response(stage: Stage) -> None:
    peer = stage.peer
    peer.socket.sendall(peer.opening("/unread", "POST", bytes(200_000), None, keep=False))
    peer.socket.sendall(stdin(1, bytes(100_000)))
    assert stage.app.inside.acquire(timeout=SECONDS)
    peer.socket.sendall(stdin(1, bytes(100_000)) + stdin(1, b""))
    assert peer.answer().text == "/unread"
    assert peer.closed()
    assert stage.ended() == 0


def test_a_request_byte_by_byte(stage: Stage) -> None:
    for byte in stage.peer.opening("/slow", "GET", None, None) + stage.peer.closing(None):
        stage.peer.socket.sendall(bytes((byte,)))
    assert stage.peer.answer().text == "/slow"


def test_it_answers_what_it_can_do(stage: Stage) -> None:
    names = [(name.encode(), b"") for name in ONE_CHANNEL]
    stage.peer.socket.sendall(pack_record(GET_VALUES, 0, encode_pairs(names)))
    record = stage.peer.socket.recv(1000)
    assert decode_pairs(record[8 : 8 + int.from_bytes(record[4:6], "big")], 10) == dict(ONE_CHANNEL)
    assert stage.peer.get("/x").text == "/x"


def ran_with(data: bytes) -> tuple[int, list[object]]:
    """The exit code when the server sends so much and closes, and what it got."""
    stage = Stage()
    stage.peer.socket.sendall(data)
    stage.peer.socket.shutdown(socket.SHUT_WR)
    code = stage.code.result(SECONDS)
    events = list(iter(stage.peer.event, None))
    stage.ended()
    return code, list(events)


def test_every_place_where_the_server_can_cut_a_request(capsys: pytest.CaptureFixture[str]) -> None:
    request = Peer.opening("/x", "GET", None, None) + Peer.closing(None)
    assert ran_with(b"") == (0, [])
    for length in range(1, len(request)):
        assert ran_with(request[:length]) == (CUT_SHORT, [])
        assert capsys.readouterr().err == "a request was cut short: the server closed the connection\n"
    code, events = ran_with(request)
    assert (code, type(events[0]), events[1:]) == (0, Head, [Body(b"/x"), End(0, 0)])


def test_a_server_that_closes_while_it_is_answered_aborts_that_request(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.peer.ask("/wait")
    assert stage.app.inside.acquire(timeout=SECONDS)
    stage.peer.socket.close()
    stage.app.gate.set()
    assert stage.code.result(SECONDS) == 0
    assert "nobody waits for the response" in capsys.readouterr().err


def test_what_is_no_fastcgi_ends_it(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.peer.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert stage.peer.closed()
    assert stage.ended() == BAD_PROTOCOL
    assert capsys.readouterr().err == "refused: FastCGI version 71\n"


def test_a_breach_within_a_request_is_answered(stage: Stage) -> None:
    opening = stage.peer.opening("/x", "GET", None, None)
    stage.peer.socket.sendall(opening + b"\x02" + bytes(7))
    assert stage.peer.answer().status == 400
    assert stage.peer.closed()
    assert stage.ended() == BAD_PROTOCOL


def test_a_request_that_breaks_a_limit_is_answered(stage: Stage) -> None:
    stage.peer.ask("/x", extra={"HTTP_COOKIE": "x" * 300_000})
    assert stage.peer.answer().status == 431


@pytest.mark.parametrize("used", [False, True])
def test_a_stop_ends_an_idle_one_at_once(stage: Stage, used: bool) -> None:
    if used:
        assert stage.peer.get("/x").text == "/x"
    stage.solo.stop()
    assert stage.peer.closed()
    assert stage.ended() == 0


def test_a_stop_lets_the_request_finish(stage: Stage) -> None:
    stage.peer.ask("/wait")
    assert stage.app.inside.acquire(timeout=SECONDS)
    stage.solo.stop()
    stage.app.gate.set()
    assert stage.peer.answer().text == "/wait"
    assert stage.peer.closed()
    assert stage.ended() == 0


def test_a_stop_in_the_middle_of_a_body_lets_the_rest_of_it_come(stage: Stage) -> None:
    body = os.urandom(300_000)
    peer = stage.peer
    peer.socket.sendall(peer.opening("/digest", "POST", body, None) + stdin(1, body[:100_000]))
    assert stage.app.inside.acquire(timeout=SECONDS)
    stage.solo.stop()
    peer.socket.sendall(stdin(1, body[100_000:]) + stdin(1, b""))
    assert peer.answer().text == hashlib.sha256(body).hexdigest()
    assert peer.closed()
    assert stage.ended() == 0


class Scripted:
    """A channel on which a stop comes exactly between the two parts of a request."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts
        self.sent = b""
        self.solo: Solo | None = None

    def receive(self) -> bytes:
        part = self.parts.pop(0) if self.parts else b""
        if len(self.parts) == 2 and self.solo is not None:
            self.solo.stop()
        return part

    def send(self, data: Buffer) -> None:
        self.sent += bytes(data)

    def interrupt(self) -> None:
        """The script has its b"" already."""

    def close(self) -> None:
        self.parts.clear()


@pytest.mark.parametrize("place", [1, 8, 30])
def test_a_stop_in_the_middle_of_a_head_lets_the_rest_of_it_come(place: int) -> None:
    request = Peer.opening("/x", "GET", None, None) + Peer.closing(None)
    channel = Scripted([request[:place], b"", request[place:]])
    channel.solo = Solo(channel, Runner(App(), own_values(1), Log(), Dialect()), ONE_CHANNEL, Log())
    assert channel.solo.run() == 0
    assert b"200 OK" in channel.sent


def test_a_stop_answers_what_was_already_sent() -> None:
    ours, theirs = socket.socketpair()
    solo = Solo(SocketChannel(ours), Runner(App(), own_values(1), Log(), Dialect()), ONE_CHANNEL, Log())
    peer = ServerEnd(theirs)
    peer.ask("/x")
    solo.stop()
    theirs.shutdown(socket.SHUT_WR)
    assert solo.run() == 0
    assert peer.answer().text == "/x"
    theirs.close()


PROGRAM = """
import signal, socket, sys
sys.path.insert(0, {source!r})
from webstead.gateway.transport.channel import SocketChannel
from webstead.gateway.dialect import Dialect
from webstead.gateway.wsgi.environ import own_values
from webstead.gateway.observe.log import Log
from webstead.gateway.wsgi.runner import Runner
from webstead.gateway.engine.solo import ONE_CHANNEL, Solo

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]

channel = SocketChannel(socket.socket(fileno=0))
solo = Solo(channel, Runner(app, own_values(1), Log(), Dialect()), ONE_CHANNEL, Log())
signal.signal(signal.SIGTERM, lambda number, frame: solo.stop())
sys.exit(solo.run())
"""


@pytest.mark.parametrize("asked", [1, 50])
def test_a_signal_ends_an_idle_process(asked: int) -> None:
    ours, theirs = socket.socketpair()
    words = [sys.executable, "-c", PROGRAM.format(source=str(SOURCE))]
    with subprocess.Popen(words, stdin=ours.fileno()) as process, ServerEnd(theirs) as peer:
        ours.close()
        for turn in range(asked):
            assert peer.get(f"/{turn}").text == f"/{turn}"
        process.send_signal(signal.SIGTERM)
        assert peer.closed()
        peer.socket.close()
        assert process.wait(SECONDS) == 0


class Served:
    """A SoloListener on a listening pipe of Windows, in memory."""

    def __init__(self) -> None:
        kernel = FakeKernel()
        self.pipe = FakePipe(server_end=True, connected=False, overlapped=True)
        listener = PipeListener(kernel, kernel.add(self.pipe))
        self.solo = SoloListener(listener, Runner(App(), own_values(1), Log(), Dialect()), ONE_CHANNEL, Log())
        pool = ThreadPoolExecutor(1)
        self.code: Future[int] = pool.submit(self.solo.run)
        pool.shutdown(wait=False)

    def ask(self, path: str, *, keep: bool) -> bytes:
        self.pipe.wait(lambda: not self.pipe.connected)
        self.pipe.connect()
        self.pipe.write(Peer.opening(path, "GET", None, None, keep=keep) + Peer.closing(None))
        self.pipe.wait(lambda: path.encode() in self.pipe.received)
        return bytes(self.pipe.received)


def test_a_listening_pipe_serves_one_server_after_the_other() -> None:
    served = Served()
    for turn in range(5):
        assert b"200 OK" in served.ask(f"/{turn}", keep=False)
    served.pipe.wait(lambda: served.pipe.disconnects == 5)
    served.solo.stop()
    assert served.code.result(SECONDS) == 0
    assert served.pipe.closed


def test_a_stop_ends_the_pipe_between_two_requests() -> None:
    served = Served()
    assert b"200 OK" in served.ask("/x", keep=True)
    served.solo.stop()
    assert served.code.result(SECONDS) == 0
    assert (served.pipe.disconnects, served.pipe.closed) == (1, True)


def test_the_last_connection_gives_the_exit_code() -> None:
    served = Served()
    served.pipe.connect()
    served.pipe.write(b"\1\1")
    served.pipe.leave()
    served.pipe.wait(lambda: served.pipe.disconnects == 1)
    served.solo.stop()
    assert served.code.result(SECONDS) == CUT_SHORT
