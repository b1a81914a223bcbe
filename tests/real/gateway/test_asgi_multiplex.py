"""Several requests at once on one connection."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from webstead.formats.fastcgi.client import begin_request, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    ABORT_REQUEST,
    pack_record,
)
from webstead.gateway.asgi.interface import Receive, Scope, Send

from .asgi_harness import Sorter, body, serving, start, whole
from .conftest import SECONDS, Peer

ABORT = pack_record(ABORT_REQUEST, 1, b"")


@pytest.fixture(params=["asyncio", "uvloop"], autouse=True)
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)


@pytest.fixture
def many(folder: Path) -> Iterator[tuple[Peer, dict[str, Any]]]:
    """A connection of several requests; /wait-… waits for its gate."""
    gates: dict[str, Any] = {}
    opened = threading.Condition()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        if scope["path"].startswith("/wait"):
            gate = asyncio.Event()
            loop = asyncio.get_running_loop()
            with opened:
                gates[scope["path"]] = lambda: loop.call_soon_threadsafe(gate.set)
                opened.notify_all()
            await gate.wait()
        data = await whole(receive)
        await start(send)
        await body(send, scope["path"].encode() + b" " + hashlib.sha256(data).hexdigest().encode())

    gates["opened"] = opened
    with serving(folder, app, multiplex=3) as served, served.peer() as peer:
        yield peer, gates


def ask(request_id: int, path: str, data: bytes = b"", *, last: bool = True) -> bytes:
    block = encode_pairs([(b"PATH_INFO", path.encode()), (b"REQUEST_METHOD", b"POST")])
    return (
        begin_request(request_id)
        + params(request_id, block)
        + (stdin(request_id, data) if data else b"")
        + (stdin(request_id, b"") if last else b"")
    )


def read_until(peer: Peer, sorter: Sorter, ended: int) -> None:
    while len(sorter.order) < ended:
        data = peer.socket.recv(65536)
        assert data
        sorter.feed(data)


def wait_for_gate(gates: dict[str, Any], path: str) -> None:
    with gates["opened"]:
        assert gates["opened"].wait_for(lambda: path in gates, SECONDS)


def test_requests_of_one_connection_are_answered_in_any_order(many: tuple[Peer, dict[str, Any]]) -> None:
    peer, gates = many
    sorter = Sorter()
    peer.socket.sendall(ask(1, "/wait-1") + ask(2, "/wait-2") + ask(7, "/now"))
    read_until(peer, sorter, 1)
    wait_for_gate(gates, "/wait-2")
    gates["/wait-2"]()
    read_until(peer, sorter, 2)
    gates["/wait-1"]()
    read_until(peer, sorter, 3)
    assert sorter.order == [7, 2, 1]
    assert {number: text.split()[0] for number, text in sorter.bodies.items()} == {
        1: b"/wait-1",
        2: b"/wait-2",
        7: b"/now",
    }


def test_a_body_that_waits_does_not_stop_the_other_requests(many: tuple[Peer, dict[str, Any]]) -> None:
    """It goes to disk: two megabytes of it are read past before the second request is seen."""
    peer, gates = many
    sorter = Sorter()
    data = bytes(range(256)) * 8192
    peer.socket.sendall(ask(1, "/wait-1", data) + ask(2, "/now"))
    read_until(peer, sorter, 1)
    wait_for_gate(gates, "/wait-1")
    gates["/wait-1"]()
    read_until(peer, sorter, 2)
    assert sorter.order == [2, 1]
    assert sorter.bodies[1].split()[1].decode() == hashlib.sha256(data).hexdigest()


def test_a_full_disk_costs_one_request_its_body(
    many: tuple[Peer, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer, gates = many
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    peer.socket.sendall(ask(1, "/wait-1", bytes(2_000_000)) + ask(2, "/now"))
    sorter = Sorter()
    read_until(peer, sorter, 1)
    wait_for_gate(gates, "/wait-1")
    gates["/wait-1"]()
    read_until(peer, sorter, 2)
    assert sorter.order == [2, 1]
    assert sorter.statuses == {2: 200, 1: 500}


def test_beyond_the_limit_a_request_is_told_so(many: tuple[Peer, dict[str, Any]]) -> None:
    peer, gates = many
    peer.socket.sendall(b"".join(ask(number, f"/wait-{number}") for number in (1, 2, 3, 4)))
    sorter = Sorter()
    read_until(peer, sorter, 1)
    assert sorter.order == [4]
    assert sorter.protocol[4] == 2
    for number in (1, 2, 3):
        wait_for_gate(gates, f"/wait-{number}")
        gates[f"/wait-{number}"]()
    read_until(peer, sorter, 4)


def test_an_aborted_request_leaves_the_others(many: tuple[Peer, dict[str, Any]]) -> None:
    peer, gates = many
    peer.socket.sendall(ask(1, "/wait-1") + ask(2, "/wait-2"))
    wait_for_gate(gates, "/wait-1")
    wait_for_gate(gates, "/wait-2")
    peer.socket.sendall(ABORT)
    data = b""
    while len(data) < 24:
        data += peer.socket.recv(65536)
    assert data[8 + 1] == 3
    gates["/wait-2"]()
    sorter = Sorter()
    read_until(peer, sorter, 1)
    assert sorter.order == [2]
    gates["/wait-1"]()
