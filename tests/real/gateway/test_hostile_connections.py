"""Connections that stand still, break off, or say what nobody expects: they cost no place for long."""

from __future__ import annotations

import random
import resource
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from webstead.formats.fastcgi.client import begin_request, get_values, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import GET_VALUES_RESULT, UNKNOWN_ROLE, pack_record, unpack_header
from webstead.gateway.asgi import service
from webstead.gateway.asgi.interface import Receive, Scope, Send
from webstead.gateway.dialect import Dialect
from webstead.gateway.engine import engine as engine_module
from webstead.gateway.engine.engine import Engine
from webstead.gateway.engine.poller import EpollPoller
from webstead.gateway.observe.log import Log
from webstead.gateway.transport.listen import open_listener
from webstead.gateway.wsgi.environ import Environ, own_values
from webstead.gateway.wsgi.runner import Runner

from .asgi_harness import Sorter, body, serving, start, whole
from .conftest import APPS, GATEWAY, SECONDS, Gateway, Peer
from .test_gateway_solo import ServerEnd

Start = Callable[..., Gateway]
MOST = 4
WHOLE = Peer.opening("/echo", "POST", b"x" * 3000, None) + Peer.closing(b"x" * 3000)


def hello(environ: Environ, start_response: Callable[..., object]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


@contextmanager
def impatient(path: Path, patience: pytest.MonkeyPatch, threads: int, multiplex: int) -> Iterator[None]:
    patience.setattr(engine_module, "SECONDS_TO_WAIT", 0.2)
    runner = Runner(hello, own_values(threads), Log(), Dialect())
    listener = open_listener(f"unix:{path}", {})
    engine = Engine(listener, runner, EpollPoller(), threads, MOST, multiplex)
    thread = threading.Thread(target=engine.run)
    thread.start()
    try:
        yield
    finally:
        engine.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()


def _half_sent(peer: Peer) -> None:
    peer.socket.sendall(WHOLE[:100])


def _half_a_body(peer: Peer) -> None:
    peer.socket.sendall(Peer.opening("/", "POST", b"x" * 100_000, None) + stdin(1, b"x" * 100))


def _half_a_header(peer: Peer) -> None:
    peer.socket.sendall(WHOLE[:3])


def _not_closing(peer: Peer) -> None:
    """The response is out, and its connection over; but the server neither sends the rest nor closes."""
    peer.socket.sendall(Peer.opening("/", "POST", b"x" * 100_000, None, keep=False) + stdin(1, b"x" * 70_000))
    assert peer.answer().text == "hello"


@pytest.mark.parametrize("half", [_half_sent, _half_a_body, _half_a_header, _not_closing])
@pytest.mark.parametrize(("threads", "multiplex"), [(1, 1), (3, 1), (1, 8), (3, 8)])
def test_what_stands_still_gives_its_place_to_others(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    half: Callable[[Peer], None],
    threads: int,
    multiplex: int,
) -> None:
    if half is _not_closing and multiplex > 1:
        half = _half_a_body  # there the app waits for the whole body
    path = folder / "s"
    with impatient(path, monkeypatch, threads, multiplex), ExitStack() as stack:
        for _ in range(MOST):
            half(stack.enter_context(Peer(path)))
        with Peer(path) as late:
            assert late.get("/").text == "hello"


@pytest.mark.parametrize(("threads", "multiplex"), [(1, 1), (3, 8)])
def test_a_connection_between_two_requests_may_stand_still(
    folder: Path, monkeypatch: pytest.MonkeyPatch, threads: int, multiplex: int
) -> None:
    path = folder / "s"
    with impatient(path, monkeypatch, threads, multiplex), Peer(path) as idle, Peer(path) as half:
        assert idle.get("/").text == "hello"
        _half_sent(half)
        assert half.closed()  # by now everybody has been looked at
        assert idle.get("/").text == "hello"


async def asgi_hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.mark.parametrize("half", [_half_sent, _half_a_header])
@pytest.mark.parametrize("multiplex", [1, 8])
def test_what_stands_still_gives_its_place_to_others_on_an_event_loop_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch, half: Callable[[Peer], None], multiplex: int
) -> None:
    monkeypatch.setattr(service, "SECONDS_TO_WAIT", 0.2)
    with serving(folder, asgi_hello, multiplex=multiplex, most=MOST) as served, ExitStack() as stack:
        for _ in range(MOST - 1):
            half(stack.enter_context(served.peer()))
        idle = stack.enter_context(served.peer())
        assert idle.get("/").text == "hello"
        with served.peer() as late:
            assert late.get("/").text == "hello"
        assert idle.get("/").text == "hello"


async def asgi_digest(scope: Scope, receive: Receive, send: Send) -> None:
    """/poll waits for the server to leave instead of answering."""
    read = await whole(receive)
    if scope["path"] == "/poll":
        await receive()
    await start(send)
    await body(send, b"%d" % len(read))


@pytest.mark.parametrize("multiplex", [1, 8])
def test_a_body_that_never_comes_costs_an_asgi_app_no_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch, multiplex: int
) -> None:
    monkeypatch.setattr(service, "SECONDS_TO_WAIT", 0.2)
    with serving(folder, asgi_digest, multiplex=multiplex, most=MOST) as served, ExitStack() as stack:
        poll = stack.enter_context(served.peer())
        poll.ask("/poll", "POST", b"x" * 100_000)
        for _ in range(MOST - 1):
            _half_a_body(stack.enter_context(served.peer()))
        with served.peer() as late:
            late.ask("/", "POST", b"x" * 3000)
            assert late.answer().text == "3000"
        with served.peer() as another:
            _half_a_body(another)
            assert another.closed()
        assert served.log.wait_for("nothing moved").startswith("POST /: nobody waits for the response")
        assert not any("/poll" in line for line in served.log.lines)


MANY = encode_pairs((b"HTTP_%d" % number, b"") for number in range(2000))
ASKED: dict[str, Callable[[int], bytes]] = {
    "values": lambda number: get_values(),
    "unknown role": lambda number: begin_request(number, True, 9),
    "refused": lambda number: begin_request(number) + params(number, MANY) + stdin(number, b""),
}
THREADS: list[tuple[str, ...]] = [
    (),
    ("--threads", "3"),
    ("--multiplex", "8"),
    ("--threads", "3", "--multiplex", "8"),
]


def ask_on(asking: Peer, other: Peer, asked: Callable[[int], bytes]) -> None:
    number = 0
    while True:
        for _ in range(100):
            number = number % 65535 + 1
            asking.socket.sendall(asked(number))
        assert other.get("/hello").text == "hello"


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("words", THREADS)
def test_a_server_that_asks_and_does_not_read_the_answers_is_given_up(
    start: Start, words: tuple[str, ...], asked: Callable[[int], bytes]
) -> None:
    """Until then others are served: the thread that polls waits for no server."""
    gateway = start("pages:app", words=words)
    with gateway.peer() as asking, gateway.peer() as other:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            ask_on(asking, other, asked)
        assert other.get("/hello").text == "hello"
    gateway.signal()
    assert gateway.end() == 0


@pytest.mark.parametrize("words", THREADS)
def test_a_server_that_asks_much_and_reads_the_answers_goes_on(start: Start, words: tuple[str, ...]) -> None:
    gateway = start("pages:app", words=words)
    with gateway.peer() as peer:
        for _ in range(300):
            peer.socket.sendall(get_values())
            _, kind, _, length, padding = unpack_header(peer.socket.recv(8, socket.MSG_WAITALL), 0)
            assert kind == GET_VALUES_RESULT
            peer.socket.recv(length + padding, socket.MSG_WAITALL)
        assert peer.get("/hello").text == "hello"


def test_while_a_response_finds_no_reader_others_are_served_and_answers_wait(start: Start) -> None:
    """Nobody reads the first lane's response, behind which that connection's other answers have to wait."""
    gateway = start("pages:app", words=("--threads", "3", "--multiplex", "8"))
    with gateway.peer() as slow, gateway.peer() as other:
        slow.ask("/big")
        sorter = Sorter()
        while 1 not in sorter.statuses:
            sorter.feed(slow.socket.recv(65536))
        slow.socket.sendall(begin_request(2, True, 9))
        slow.socket.sendall(begin_request(3) + params(3, MANY) + stdin(3, b""))
        for _ in range(20):
            assert other.get("/hello").text == "hello"
        while len(sorter.order) < 3:
            sorter.feed(slow.socket.recv(65536))
        assert len(sorter.bodies[1]) == 5_000_000
        assert (sorter.protocol[2], sorter.statuses[3]) == (UNKNOWN_ROLE, 431)


def damaged(chance: random.Random) -> bytes:
    """A request with one thing wrong."""
    data = bytearray(WHOLE)
    kind = chance.randrange(6)
    at = chance.randrange(len(data))
    if kind == 0:
        return bytes(data[:at])
    if kind == 1:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 2:
        del data[at : at + chance.randrange(1, 20)]
    elif kind == 3:
        data[at:at] = chance.randbytes(chance.randrange(1, 30))
    elif kind == 4:
        strange = pack_record(chance.randrange(256), chance.choice([0, 1, 2, 65535]), chance.randbytes(at))
        data[0:0] = strange
    else:
        data += pack_record(chance.randrange(256), chance.choice([0, 1, 2]), chance.randbytes(50))
    return bytes(data)


WAYS = {
    "one thread": ("pages:app",),
    "four threads": ("pages:app", "--threads", "4"),
    "multiplex": ("pages:app", "--threads", "4", "--multiplex", "8"),
    "asgi": ("asgi_pages:app",),
    "asgi multiplex": ("asgi_pages:app", "--multiplex", "8"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_damaged_requests_harm_only_themselves(start: Start, way: tuple[str, ...]) -> None:
    gateway = start(way[0], words=way[1:])
    chance = random.Random(7)
    process = psutil.Process(gateway.process.pid)
    gateway.get("/echo")
    open_before, threads_before = process.num_fds(), process.num_threads()
    for turn in range(300):
        with gateway.peer() as peer:
            peer.socket.sendall(damaged(chance))
            if turn % 3:
                peer.socket.shutdown(socket.SHUT_WR)
                while unread(peer.socket):
                    pass
    assert gateway.get("/echo").status == 200
    assert gateway.process.poll() is None
    assert settled(lambda: process.num_fds() <= open_before + 1)
    assert process.num_threads() <= threads_before
    gateway.signal()
    assert gateway.end() == 0, gateway.output
    assert str(GATEWAY) not in gateway.output, "a traceback of ours"


def unread(connected: socket.socket) -> bytes:
    try:
        return connected.recv(65536)
    except ConnectionResetError:
        return b""


def settled(test: Callable[[], bool]) -> bool:
    """Whether it comes true, within SECONDS."""
    waiting = threading.Event()
    return any(test() or waiting.wait(0.05) for _ in range(SECONDS * 20))


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_few_descriptors_let_the_next_ones_wait(start: Start, way: tuple[str, ...], tmp_path: Path) -> None:
    """ulimit -n 70: the app has its 64, the server the rest."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nulimit -Sn 70\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    gateway = start(way[0], words=way[1:], python=str(python))
    assert resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)[0] == 70
    with ExitStack() as stack:
        peers = [stack.enter_context(gateway.peer()) for _ in range(60)]
        for peer in peers:
            peer.ask("/echo")
        for peer in peers:
            assert peer.answer().status == 200
            peer.socket.close()
    gateway.signal()
    assert gateway.end() == 0


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(get_values(), id="values"),
        pytest.param(pack_record(99, 0, b""), id="unknown type"),
        pytest.param(begin_request(1, True, 9), id="unknown role"),
        pytest.param(
            Peer.opening("/", "GET", None, {"HTTP_X": "x" * 300_000}) + Peer.closing(None), id="too large"
        ),
    ],
)
def test_a_server_is_answered_before_its_first_request(first: bytes) -> None:
    """A process of one channel learns the site's folder with the first request: what comes before has an
    answer all the same."""
    ours, theirs = socket.socketpair()
    words = [sys.executable, str(GATEWAY), "pages:app", "--path", str(APPS)]
    with ours:
        process = subprocess.Popen(
            words, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        theirs.close()
        peer = ServerEnd(ours)
        ours.sendall(first)
        _, _, _, length, padding = unpack_header(ours.recv(8, socket.MSG_WAITALL), 0)
        ours.recv(length + padding, socket.MSG_WAITALL)
        if first[0:2] != b"\x01\x01":
            assert peer.get("/hello").text == "hello"
    assert process.wait(SECONDS) in (0, 74)


@pytest.mark.parametrize("size", [1000, 60_000])
@pytest.mark.parametrize("threads", ["1", "4"])
def test_a_full_disk_costs_one_body_whatever_its_pieces(start: Start, threads: str, size: int) -> None:
    """Files of 100 kB at most: small pieces wait in a buffer that cannot be written when it is closed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        gateway = start("pages:app", words=("--threads", threads, "--multiplex", "8"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    body = b"x" * 1_200_000
    with gateway.peer() as peer:
        peer.socket.sendall(peer.opening("/digest", "POST", body, None))
        for at in range(0, len(body), size):
            peer.socket.sendall(stdin(1, body[at : at + size]))
        answer = peer.answer()
        assert answer.status == 500
        assert "Errno" not in answer.text
    assert gateway.get("/hello").text == "hello"
    assert "its body cannot be kept" in gateway.output
