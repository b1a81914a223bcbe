"""Requests that share a connection, at the moments that threads and servers choose badly."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import begin_request, get_values, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.requests import abort_request
from webstead.formats.fastcgi.server import (
    Request,
    ServerConnection,
    ServerEvent,
    end_of_response,
    stdout_header,
    whole_response,
)
from webstead.gateway.engine.connection import PeerGone, SocketConnection
from webstead.gateway.engine.multiplex import Lane, Trunk

from .conftest import SECONDS, Gateway

Start = Callable[..., Gateway]


class Meanwhile(ServerConnection):
    """Between the reading of events and what is made of them, other threads do `then`."""

    __slots__ = ("then",)

    def __init__(self) -> None:
        super().__init__({}, most_requests=8)
        self.then: Callable[[], object] = lambda: None

    def feed(self, data: bytes) -> list[ServerEvent]:
        events = super().feed(data)
        then, self.then = self.then, lambda: None
        Unlocked.after = then
        return events


class Unlocked:
    """A lock that lets others run at the moment of its release."""

    after: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self) -> None:
        self.held = False

    def __enter__(self) -> None:
        assert not self.held
        self.held = True

    def __exit__(self, *_: object) -> None:
        self.held = False
        then, Unlocked.after = Unlocked.after, lambda: None
        then()


def request(path: str, request_id: int, *, body: bytes = b"", whole: bool = True) -> bytes:
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "SERVER_NAME": "x"}
    block = encode_pairs((name.encode(), value.encode()) for name, value in environ.items())
    sent = begin_request(request_id) + params(request_id, block)
    return sent + (stdin(request_id, body) if body else b"") + (stdin(request_id, b"") if whole else b"")


@contextmanager
def connected() -> Iterator[tuple[Trunk, Meanwhile, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(SECONDS)
    codec = Meanwhile()
    trunk = Trunk(SocketConnection(ours, codec))
    trunk._codec = Unlocked()  # type: ignore[assignment]
    with ours, theirs:
        yield trunk, codec, theirs


def begun(trunk: Trunk, request_id: int) -> Lane:
    ((lane, event),) = trunk.feed(request("/", request_id))
    assert isinstance(event, Request)
    return lane


def answered(trunk: Trunk, lane: Lane) -> bool:
    lane.send_last(lane.event.request_id, end_of_response(lane.event.request_id))
    return trunk.leave(lane)


def test_an_abort_that_meets_the_end_of_its_request_is_of_no_interest() -> None:
    with connected() as (trunk, codec, _):
        lane = begun(trunk, 1)
        codec.then = lambda: answered(trunk, lane)
        assert trunk.feed(abort_request(1)) == []
        assert codec.active == 0


def test_a_body_that_meets_the_refusal_of_its_request_is_of_no_interest() -> None:
    with connected() as (trunk, codec, _):
        assert trunk.feed(request("/", 1, body=b"x" * 70_000, whole=False)) == []
        lane = trunk.lanes[1]
        lane.waiting = False  # as when the disk is full
        codec.then = lambda: answered(trunk, lane)
        assert trunk.feed(stdin(1, b"more") + stdin(1, b"")) == []


def test_a_connection_is_closed_by_the_last_lane_alone_also_when_ids_are_used_again() -> None:
    with connected() as (trunk, _, _theirs):
        first = begun(trunk, 1)
        first.send_last(1, end_of_response(1))  # its thread is slow to leave: the id is used again
        second = begun(trunk, 1)
        assert not answered(trunk, second)
        assert not trunk.lose(), "the first one has not left"
        assert trunk.leave(first)


def test_behind_a_record_that_broke_off_nothing_is_sent(tmp_path: Path) -> None:
    """What came next would be taken for the rest of it, in another one's response."""
    short = tmp_path / "short"
    short.write_bytes(b"short")
    with connected() as (trunk, _, theirs), short.open("rb") as file:
        first, second = begun(trunk, 1), begun(trunk, 2)
        with pytest.raises(PeerGone):
            first.send_file(stdout_header(1, 100), file.fileno(), 0, 100)
        with pytest.raises(PeerGone):
            second.send_last(2, whole_response(2, b"Status: 200 OK\r\n\r\n", b"secret"))
        received = b"".join(iter(lambda: theirs.recv(65536), b""))
        assert received.endswith(b"short")
        assert b"secret" not in received


@pytest.mark.parametrize("threads", ["1", "4"])
@pytest.mark.parametrize(
    "more", [get_values(), request("/", 2, whole=False) + abort_request(2)], ids=["values", "aborts"]
)
def test_a_server_that_takes_no_answers_leaves_nothing_behind(
    start: Start, threads: str, more: bytes
) -> None:
    """Its end may be seen by the answer to the second thing it said, before the first one was begun."""
    gateway = start("pages:app", words=("--threads", threads, "--multiplex", "8"))
    for _ in range(20):
        with gateway.peer() as peer:
            peer.socket.sendall(request("/", 1) + more * 100)
    assert gateway.get("/").text == "hello"
    gateway.signal()
    assert gateway.end() == 0, gateway.output
    assert "did not finish" not in gateway.output
