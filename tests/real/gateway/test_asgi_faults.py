"""An ASGI app that fails, and who is told of it."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import begin_request, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.gateway.asgi.interface import Receive, Scope, Send
from webstead.gateway.observe.observation import Observation, Outcome, Ticket

from .asgi_harness import Sorter, Watched, body, serving, start
from .conftest import SECONDS


@pytest.fixture(params=["asyncio", "uvloop"], autouse=True)
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)


FAULTS: dict[str, tuple[int, str]] = {
    "/raises": (500, "ValueError: on purpose"),
    "/exits": (500, "SystemExit: 3"),
    "/silent": (500, "returned without a whole response"),
    "/headless": (500, "before http.response.start"),
    "/starts": (500, "returned without a whole response"),
    "/text": (500, "str where bytes are needed"),
    "/header": (500, "has a control character"),
    "/twice": (500, "a second time"),
    "/unknown": (500, "'http.response.push' is no message"),
    "/short": (500, "gave 2 bytes of body, but Content-Length 3"),
    "/cancelled": (500, "CancelledError"),
}


async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"] if scope["type"] == "http" else ""
    if path == "/raises":
        raise ValueError("on purpose")
    if path == "/exits":
        sys.exit(3)
    if path == "/headless":
        await body(send, b"x")
    if path == "/starts":
        await start(send)
    if path == "/text":
        await start(send)
        await send({"type": "http.response.body", "body": "text"})
    if path == "/header":
        await start(send, 200, (b"a", b"b\r\nc: d"))
    if path == "/twice":
        await start(send)
        await start(send)
    if path == "/unknown":
        await send({"type": "http.response.push"})
    if path == "/short":
        await start(send, 200, (b"content-length", b"3"))
        await body(send, b"ab")
    if path == "/cancelled":
        raise asyncio.CancelledError
    if path == "/after":
        await start(send)
        await body(send, b"fine")
        raise ValueError("too late")
    if path == "/later":
        await start(send)
        await body(send, b"some", True)
        raise ValueError("in the middle")
    if path == "/unfinished":
        await start(send)
        await body(send, b"some", True)
    if path == "/long":
        await start(send, 200, (b"content-length", b"2"))
        await body(send, b"abcd")


@pytest.mark.parametrize("path", FAULTS)
def test_an_app_that_fails_before_its_response(folder: Path, path: str) -> None:
    status, reason = FAULTS[path]
    with serving(folder, faulty) as served, served.peer() as peer:
        peer.ask(path)
        sorter = Sorter()
        while not sorter.order:
            sorter.feed(peer.socket.recv(65536))
        assert sorter.statuses[1] == status
        assert reason in sorter.bodies[1].decode()
        assert reason in sorter.errors[1].decode()
        assert ", in run\n" not in sorter.bodies[1].decode()
        assert served.log.wait_for(f"GET {path}: the app failed; the response was 500").count(reason) >= 1
        assert peer.get("/long").text == "ab"


@pytest.mark.parametrize("path", ["/later", "/unfinished"])
def test_an_app_that_fails_in_its_response_cuts_the_connection(folder: Path, path: str) -> None:
    with serving(folder, faulty) as served, served.peer() as peer:
        peer.ask(path)
        answer = peer.answer()
        assert (answer.status, answer.body, answer.end) == (200, b"some", None)
        assert served.log.wait_for("cut short").startswith(f"GET {path}: the app failed")


def test_what_is_wrong_behind_a_response_is_in_the_log(folder: Path) -> None:
    with serving(folder, faulty) as served, served.peer() as peer:
        assert peer.get("/after").text == "fine"
        assert "ValueError: too late" in served.log.wait_for("the response was sent whole")
        assert peer.get("/long").text == "ab"
        served.log.wait_for("GET /long: 2 bytes of body beyond Content-Length were dropped")


@pytest.mark.parametrize(("extra", "leaks"), [({}, True), ({"APPL_MD_PATH": "/LM/W3SVC/1/ROOT"}, False)])
def test_who_may_not_see_details_gets_an_apology(folder: Path, extra: dict[str, str], leaks: bool) -> None:
    """IIS shows its clients what comes on STDERR, so it is told nothing there."""
    with serving(folder, faulty, shows=lambda params: False) as served, served.peer() as peer:
        peer.ask("/raises", extra=extra)
        sorter = Sorter()
        while not sorter.order:
            sorter.feed(peer.socket.recv(65536))
        assert "on purpose" not in sorter.bodies[1].decode()
        assert ("on purpose" in sorter.errors.get(1, b"").decode()) is leaks
        assert "on purpose" in served.log.wait_for("the response was 500")


class Counted:
    """A sink."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, Outcome]] = []
        self.tasks: list[bool] = []
        self.some = threading.Semaphore(0)

    def __call__(self, ticket: Ticket, outcome: Outcome) -> None:
        self.ended.append((ticket.params.get("PATH_INFO", ""), outcome))
        self.tasks.append(isinstance(ticket.task, asyncio.Task))
        self.some.release()


def test_every_request_is_observed_once(folder: Path) -> None:
    sink = Counted()
    observation = Observation([sink])
    with serving(folder, faulty, observation=observation) as served, served.peer() as peer:
        peer.ask("/after", "POST", b"abc")
        peer.answer()
        peer.get("/raises")
        many = encode_pairs((b"HTTP_%d" % number, b"") for number in range(2000))
        peer.socket.sendall(begin_request(1) + params(1, many) + stdin(1, b""))
        peer.answer()
        peer.get("/later")
        for _ in range(4):
            assert sink.some.acquire(timeout=SECONDS)
    found = [
        (path, outcome.status, outcome.received, outcome.sent, outcome.fault) for path, outcome in sink.ended
    ]
    assert found == [
        ("/after", 200, 3, 4, ""),
        ("/raises", 500, 0, found[1][3], "app"),
        ("", 431, 0, 0, "refused"),
        ("/later", 200, 0, 4, "cut"),
    ]
    assert sink.tasks == [True, True, False, True]
    assert observation.active == set()


def test_an_observer_may_cut_a_request(folder: Path) -> None:
    app = Watched()
    sink = Counted()
    observation = Observation([sink])
    with serving(folder, app, observation=observation) as served, served.peer() as peer:
        peer.ask("/wait")
        assert app.inside.wait(SECONDS)
        (ticket,) = observation.active
        ticket.cut()
        assert peer.answer().end is None
        assert app.over.wait(SECONDS)
        assert sink.some.acquire(timeout=SECONDS)
        assert [outcome.fault for _, outcome in sink.ended] == ["aborted"]
