"""What a worker tells its master of itself, over a real channel, and in which order."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator

import pytest

from webstead.gateway.observe.log import Log
from webstead.gateway.processes.control import SoloControl, WorkerControl
from webstead.gateway.processes.messages import Lines, Loaded, Message, Retire

from .conftest import SECONDS


class Worker:
    """Its control, and what its master hears."""

    def __init__(self) -> None:
        ours, self._masters = socket.socketpair()
        self._masters.settimeout(SECONDS)
        self._ours = ours
        self.control = WorkerControl(ours)

    def heard(self) -> list[Message]:
        """All that was said until now."""
        self._ours.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: self._masters.recv(65536), b""))
        return list(Lines().feed(said))

    def close(self) -> None:
        self._ours.close()
        self._masters.close()


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def test_a_wish_to_retire_is_told_once(worker: Worker) -> None:
    worker.control.loaded()
    assert [worker.control.retire("first"), worker.control.retire("second")] == [True, False]
    assert worker.heard() == [Loaded(), Retire("first")]


def test_a_wish_from_before_the_app_is_loaded_is_told_afterwards(worker: Worker) -> None:
    """A file that changes while the app is loaded may have been read before."""
    assert [worker.control.retire("a file has changed"), worker.control.retire("again")] == [True, False]
    worker.control.loaded()
    assert worker.control.retire("later") is False
    assert worker.heard() == [Loaded(), Retire("a file has changed")]


def test_nothing_but_a_failure_is_told_of_an_app_that_is_not_loaded(worker: Worker) -> None:
    worker.control.retire("a file has changed")
    assert worker.heard() == []


@pytest.fixture
def signals() -> Iterator[None]:
    """Their handlers are put back."""
    found = [(number, signal.getsignal(number)) for number in (signal.SIGHUP, signal.SIGUSR1)]
    yield
    for number, handler in found:
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_a_process_of_its_own_stops_when_the_app_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    happened: list[str] = []
    control = SoloControl(Log(), lambda: happened.append("loaded"))
    control.watch(lambda: happened.append("stopped"), lambda: None)
    assert [control.retire("a file has changed"), control.retire("again")] == [True, False]
    assert happened == []
    control.loaded()
    assert happened == ["loaded", "stopped"]
    assert control.retire("later") is False
    assert happened == ["loaded", "stopped"]
    assert "this process stops: a file has changed" in capsys.readouterr().err
