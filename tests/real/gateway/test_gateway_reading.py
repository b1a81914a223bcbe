"""Threads of an app that still read a body when its request has ended: what comes next is not theirs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import data, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import FILTER, pack_begin
from webstead.formats.fastcgi.server import Request, ServerConnection
from webstead.gateway.dialect import Dialect
from webstead.gateway.engine import connection as connection_module
from webstead.gateway.engine.connection import RECEIVE_BYTES, SocketConnection
from webstead.gateway.engine.engine import Engine
from webstead.gateway.engine.poller import EpollPoller, wait_for
from webstead.gateway.engine.solo import ONE_CHANNEL, Solo
from webstead.gateway.observe.log import Log
from webstead.gateway.transport.channel import Channel, SocketChannel
from webstead.gateway.transport.listen import open_listener
from webstead.gateway.wsgi.environ import Environ, own_values
from webstead.gateway.wsgi.runner import Runner

from .conftest import SECONDS, Peer
from .test_gateway_channel import asleep, until
from .test_gateway_solo import ServerEnd

HALF_A_BODY = Peer.opening("/leave", "POST", bytes(200_000), None) + stdin(1, bytes(100_000))
NEXT = Peer.opening("/next", "POST", b"n" * 80_000, None) + Peer.closing(b"n" * 80_000)


class Leaver:
    """/leave answers once a thread of its own waits for the rest of the body. waits: whether it does."""

    def __init__(self, waits: Callable[[], bool], stream: str = "wsgi.input") -> None:
        self._waits = waits
        self._stream = stream
        self.read: Future[bytes] = Future()

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> list[bytes]:
        if environ["PATH_INFO"] == "/leave":
            pool = ThreadPoolExecutor(1)
            self.read = pool.submit(environ[self._stream].read)
            pool.shutdown(wait=False)
            until(self._waits)
        if environ["PATH_INFO"] == "/fail":
            self._fail(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    def _fail(self, environ: Environ) -> None:
        environ["PATH_INFO"] = "/leave"
        self(environ, lambda *words: None)
        raise LookupError("with a thread that reads")

    def assert_closed(self) -> None:
        with pytest.raises(ValueError, match="the request is over"):
            self.read.result(SECONDS)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as a thread waits for a socket."""
    waits = threading.Event()

    def watched(fd: int, *, writing: bool, seconds: float) -> bool:
        waits.set()
        return wait_for(fd, writing=writing, seconds=seconds)

    monkeypatch.setattr(connection_module, "wait_for", watched)
    return waits


class Ours:
    """The gateway's end of a connection, which nobody polls, and the web server's."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.connection = SocketConnection(ours, ServerConnection({}))
        self.peer = ServerEnd(theirs)

    def request(self, sent: bytes) -> Request:
        events = self.connection.codec.feed(sent)
        assert type(events[0]) is Request
        self.connection.later.extend(events[1:])
        return events[0]

    def __enter__(self) -> Ours:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.peer.socket.close()


def filter_request() -> bytes:
    block = encode_pairs([(b"PATH_INFO", b"/leave"), (b"REQUEST_METHOD", b"POST"), (b"CONTENT_LENGTH", b"1")])
    return pack_begin(1, FILTER, 1) + params(1, block) + stdin(1, b"x") + stdin(1, b"") + data(1, b"half")


@pytest.mark.parametrize(
    ("stream", "sent"), [("wsgi.input", HALF_A_BODY), ("wsgi.data", filter_request())], ids=["body", "data"]
)
def test_a_thread_that_waits_for_a_body_takes_nothing_of_the_next_request(
    waiting: threading.Event, stream: str, sent: bytes
) -> None:
    app = Leaver(waiting.is_set, stream)
    with Ours() as ours:
        Runner(app, own_values(1), Log(), Dialect())(ours.connection, ours.request(sent))
        assert ours.peer.answer().text == "/leave"
        ours.peer.socket.sendall(NEXT)
        app.assert_closed()
        assert not ours.connection.closed
        assert ours.connection.socket.recv(RECEIVE_BYTES) == NEXT[:RECEIVE_BYTES]


def test_a_thread_that_waits_for_a_body_is_told_although_nothing_comes(waiting: threading.Event) -> None:
    app = Leaver(waiting.is_set)
    with Ours() as ours:
        Runner(app, own_values(1), Log(), Dialect())(ours.connection, ours.request(HALF_A_BODY))
        app.assert_closed()


@pytest.mark.parametrize("threads", [1, 3])
def test_the_next_requests_are_answered_although_a_thread_waits(
    folder: Path, waiting: threading.Event, threads: int
) -> None:
    app = Leaver(waiting.is_set)
    runner = Runner(app, own_values(threads), Log(), Dialect())
    engine = Engine(open_listener(f"unix:{folder}/s", {}), runner, EpollPoller(), threads)
    serving = threading.Thread(target=engine.run)
    serving.start()
    try:
        with Peer(folder / "s") as peer:
            for _ in range(5):
                waiting.clear()
                peer.socket.sendall(HALF_A_BODY)
                assert peer.answer().text == "/leave"
                for turn in range(20):
                    assert peer.get(f"/{turn}").text == f"/{turn}"
                app.assert_closed()
    finally:
        engine.stop()
        serving.join(SECONDS)
        assert not serving.is_alive()


@pytest.fixture
def ends() -> Iterator[tuple[SocketChannel, ServerEnd]]:
    ours, theirs = socket.socketpair()
    with theirs:
        yield SocketChannel(ours), ServerEnd(theirs)


@contextmanager
def solo(channel: Channel, app: Leaver) -> Iterator[Future[int]]:
    """One that serves in a thread. Gives its exit code."""
    made = Solo(channel, Runner(app, own_values(1), Log(), Dialect()), ONE_CHANNEL, Log())
    pool = ThreadPoolExecutor(1)
    yield pool.submit(made.run)
    made.stop()
    pool.shutdown()


@pytest.mark.parametrize(("path", "status"), [("/leave", 200), ("/fail", 500)])
def test_a_thread_that_receives_from_a_channel_is_woken_up_and_takes_nothing(
    ends: tuple[SocketChannel, ServerEnd], path: str, status: int
) -> None:
    ours, peer = ends
    app = Leaver(lambda: asleep(ours))
    with solo(ours, app) as code:
        for _ in range(3):
            peer.socket.sendall(Peer.opening(path, "POST", bytes(200_000), None) + stdin(1, bytes(70_000)))
            assert peer.answer().status == status
            app.assert_closed()
            for turn in range(5):
                peer.ask(f"/{turn}", "POST", bytes(100_000))
                assert peer.answer().text == f"/{turn}"
        peer.socket.close()
        assert code.result(SECONDS) == 0


class Deaf:
    """A channel whose receive() cannot be interrupted."""

    def __init__(self, channel: SocketChannel) -> None:
        self.receive, self.send, self.close = channel.receive, channel.send, channel.close

    def interrupt(self) -> None:
        """Nobody hears it."""


def test_a_channel_is_closed_behind_the_answer_when_its_reader_cannot_be_woken_up(
    ends: tuple[SocketChannel, ServerEnd],
) -> None:
    ours, peer = ends
    app = Leaver(lambda: asleep(ours))
    with solo(Deaf(ours), app) as code:
        peer.socket.sendall(HALF_A_BODY)
        assert peer.answer().text == "/leave"
        assert peer.closed()
        peer.socket.close()
        app.assert_closed()
        assert code.result(SECONDS) == 0


def test_a_thread_that_has_read_all_is_no_reason_to_close_a_channel(
    ends: tuple[SocketChannel, ServerEnd],
) -> None:
    ours, peer = ends
    app = Leaver(lambda: app.read.done())
    with solo(ours, app) as code:
        peer.ask("/leave", "POST", bytes(200_000))
        assert peer.answer().text == "/leave"
        assert app.read.result(SECONDS) == bytes(200_000)
        assert peer.get("/next").text == "/next"
        peer.socket.close()
        assert code.result(SECONDS) == 0
