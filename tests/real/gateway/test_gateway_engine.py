"""The engine in this process: with every poller, at its limits, and through a stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from webstead.gateway.dialect import Dialect
from webstead.gateway.engine.engine import Engine
from webstead.gateway.engine.poller import EpollPoller, Poller, SelectorPoller
from webstead.gateway.observe.log import Log
from webstead.gateway.transport.listen import open_listener
from webstead.gateway.wsgi.environ import Environ, own_values
from webstead.gateway.wsgi.runner import Runner

from .conftest import SECONDS, Peer

POLLERS: list[Callable[[], Poller]] = [EpollPoller, SelectorPoller]


class App:
    """/wait waits for `gate`; `inside` counts who is in there."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.inside = threading.Semaphore(0)

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/wait":
            self.inside.release()
            assert self.gate.wait(SECONDS)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]


@contextmanager
def running(
    path: Path, app: App, poller: Poller, threads: int = 1, most: int | None = None
) -> Iterator[Engine]:
    listener = open_listener(f"unix:{path}", {})
    engine = Engine(listener, Runner(app, own_values(threads), Log(), Dialect()), poller, threads, most)
    thread = threading.Thread(target=engine.run)
    thread.start()
    try:
        yield engine
    finally:
        app.gate.set()
        engine.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()
        assert not path.exists()


@pytest.mark.parametrize("poller", POLLERS)
@pytest.mark.parametrize("threads", [1, 3])
def test_every_poller_serves(folder: Path, poller: Callable[[], Poller], threads: int) -> None:
    path = folder / "s"
    with running(path, App(), poller(), threads), Peer(path) as first, Peer(path) as second:
        for turn in range(20):
            assert first.get(f"/{turn}").text == f"/{turn}"
            assert second.get(f"/{turn}").text == f"/{turn}"
        with Peer(path) as third:
            third.ask("/once", keep=False)
            assert third.answer().text == "/once"
            assert third.closed()


@pytest.mark.parametrize("poller", POLLERS)
def test_a_waiting_request_does_not_stop_the_others(folder: Path, poller: Callable[[], Poller]) -> None:
    path = folder / "s"
    app = App()
    with running(path, app, poller(), 3), Peer(path) as slow, Peer(path) as slower, Peer(path) as fast:
        for peer in (slow, slower):
            peer.ask("/wait")
            assert app.inside.acquire(timeout=SECONDS)
        for turn in range(20):
            assert fast.get(f"/{turn}").text == f"/{turn}"
        app.gate.set()
        for peer in (slow, slower):
            assert peer.answer().text == "/wait"
            assert peer.get("/again").text == "/again"


@pytest.mark.parametrize("poller", POLLERS)
def test_with_every_thread_busy_the_next_request_waits_its_turn(
    folder: Path, poller: Callable[[], Poller]
) -> None:
    path = folder / "s"
    app = App()
    with running(path, app, poller(), 2), Peer(path) as one, Peer(path) as two, Peer(path) as three:
        for peer in (one, two):
            peer.ask("/wait")
            assert app.inside.acquire(timeout=SECONDS)
        three.ask("/third")
        app.gate.set()
        assert [peer.answer().text for peer in (three, one, two)] == ["/third", "/wait", "/wait"]


def test_beyond_the_most_connections_the_next_one_waits_for_a_place(folder: Path) -> None:
    path = folder / "s"
    with running(path, App(), EpollPoller(), most=2):
        first, second, third = Peer(path), Peer(path), Peer(path)
        assert first.get("/1").text == "/1"
        assert second.get("/2").text == "/2"
        third.ask("/3")
        first.socket.close()
        assert third.answer().text == "/3"
        second.socket.close()
        third.socket.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_a_stop_waits_for_the_request_and_closes_what_is_idle(folder: Path, threads: int) -> None:
    path = folder / "s"
    app = App()
    with running(path, app, EpollPoller(), threads) as engine, Peer(path) as idle, Peer(path) as busy:
        assert idle.get("/x").text == "/x"
        busy.ask("/wait")
        assert app.inside.acquire(timeout=SECONDS)
        engine.stop()
        if threads > 1:
            assert idle.closed()
        app.gate.set()
        assert busy.answer().text == "/wait"
        assert busy.closed()
        assert idle.closed()
