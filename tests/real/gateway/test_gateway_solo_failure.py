"""The answer of a process whose app cannot be loaded."""

from __future__ import annotations

import socket
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import Body, End, Head, ResponseParser, Stderr
from webstead.formats.fastcgi.records import GET_VALUES, GET_VALUES_RESULT, pack_record
from webstead.gateway.failure import BAD_APP, StartFailure
from webstead.gateway.transport.answer_failure import APOLOGY, answer_failure
from webstead.gateway.transport.channel import SocketChannel
from webstead.gateway.transport.inherited import Transport
from webstead.gateway.transport.listen import open_listener
from webstead.gateway.windows.fake import FakeKernel, FakePipe
from webstead.gateway.windows.pipe import PipeListener

from .conftest import SECONDS, Peer

FAILURE = StartFailure(BAD_APP, "The module 'x' failed.", "KeyError: 'ü'", "Correct it.", "Traceback …\n")


class WebServer(Peer):
    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(SECONDS)
        self.socket = connected
        self.parser = ResponseParser()
        self.events = []


def answering(transport: Transport, *, shows: bool = True) -> Future[int]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(answer_failure, transport, FAILURE, lambda params: shows)
    pool.shutdown(wait=False)
    return future


def channel() -> tuple[SocketChannel, WebServer]:
    ours, theirs = socket.socketpair()
    return SocketChannel(ours), WebServer(theirs)


@pytest.mark.parametrize("shows", [True, False])
def test_the_first_request_gets_a_whole_500(shows: bool) -> None:
    ours, server = channel()
    code = answering(ours, shows=shows)
    server.ask("/", keep=True)
    errors, head, *parts, end, closed = [server.event() for _ in range(5)]
    assert errors == Stderr(FAILURE.as_text().encode())
    assert type(head) is Head
    assert head.status == 500
    body = FAILURE.as_text() if shows else APOLOGY
    assert (b"Content-Length", str(len(body.encode())).encode()) in head.headers
    assert parts == [Body(body.encode())]
    assert (end, closed) == (End(0, 0), None)
    server.socket.close()
    assert code.result(SECONDS) == BAD_APP


def test_a_head_request_gets_no_body() -> None:
    ours, server = channel()
    code = answering(ours)
    server.ask("/", "HEAD")
    answer = server.answer()
    assert (answer.status, answer.body) == (500, b"")
    server.socket.close()
    assert code.result(SECONDS) == BAD_APP


def test_a_large_body_does_not_cost_the_answer() -> None:
    ours, server = channel()
    code = answering(ours)
    server.ask("/", "POST", bytes(5_000_000))
    assert server.answer().status == 500
    server.socket.close()
    assert code.result(SECONDS) == BAD_APP


def test_a_request_that_breaks_a_limit_is_answered_the_same() -> None:
    ours, server = channel()
    code = answering(ours, shows=False)
    server.ask("/", extra={"HTTP_COOKIE": "x" * 300_000})
    assert server.answer().text == APOLOGY
    server.socket.close()
    assert code.result(SECONDS) == BAD_APP


def test_what_the_protocol_asks_is_answered_before() -> None:
    ours, server = channel()
    code = answering(ours)
    server.socket.sendall(pack_record(GET_VALUES, 0, b""))
    assert server.socket.recv(8)[1] == GET_VALUES_RESULT
    assert server.get("/").status == 500
    server.socket.close()
    assert code.result(SECONDS) == BAD_APP


@pytest.mark.parametrize("data", [b"", b"\1\1\0", b"no FastCGI at all"])
def test_who_asks_nothing_gets_nothing(data: bytes) -> None:
    ours, server = channel()
    code = answering(ours)
    server.socket.sendall(data)
    server.socket.shutdown(socket.SHUT_WR)
    assert server.closed()
    server.socket.close()
    assert code.result(SECONDS) == BAD_APP


def test_who_leaves_at_once_is_not_answered() -> None:
    ours, server = channel()
    server.ask("/")
    server.socket.close()
    assert answering(ours).result(SECONDS) == BAD_APP


def test_a_listening_socket_is_answered_too(folder: Path) -> None:
    listener = open_listener(f"unix:{folder}/s", {})
    code = answering(listener)
    with Peer(folder / "s") as peer:
        assert peer.get("/").status == 500
    assert code.result(SECONDS) == BAD_APP
    listener.close()


def test_a_listening_pipe_is_answered_too() -> None:
    kernel = FakeKernel()
    pipe = FakePipe(server_end=True, connected=False)
    code = answering(PipeListener(kernel, kernel.add(pipe)))
    pipe.connect()
    pipe.write(Peer.opening("/", "GET", None, None) + Peer.closing(None))
    assert code.result(SECONDS) == BAD_APP
    assert b"Status: 500 " in pipe.received


def test_an_interrupted_wait_ends() -> None:
    kernel = FakeKernel()
    pipe = FakePipe(server_end=True, connected=False)
    listener = PipeListener(kernel, kernel.add(pipe))
    listener.interrupt()
    assert answering(listener).result(SECONDS) == BAD_APP
