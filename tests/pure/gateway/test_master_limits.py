"""The limits after which a process is replaced, and what systemd's variables say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Outcome, Ticket, request_name
from webstead.gateway.processes.ready import activated_descriptors, notifier_of
from webstead.gateway.processes.recycle import MemoryLimit, RequestLimit, draw_limit
from webstead.gateway.processes.watchdog import RequestTimeLimit, Watchdog

PARAMS = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/app", "PATH_INFO": "/slow", "QUERY_STRING": "key=secret"}
DONE = Outcome(200, 0, 0, 0.0)


def ticket(began: float, cut: Callable[[], None] = lambda: None) -> Ticket:
    made = Ticket(PARAMS, cut)
    made.began = began
    return made


@given(st.integers(1, 10**6), st.integers(0, 10**6) | st.none(), st.integers())
def test_a_drawn_limit_is_at_least_what_was_asked_for(most: int, jitter: int | None, seed: int) -> None:
    assert most <= draw_limit(most, jitter, Random(seed)) <= most + (most // 10 if jitter is None else jitter)


def test_workers_draw_different_limits() -> None:
    assert len({draw_limit(1000, None, Random(seed)) for seed in range(20)}) > 10
    assert {draw_limit(1000, 0, Random(seed)) for seed in range(20)} == {1000}


def test_the_last_request_asks_to_retire_and_only_that_one() -> None:
    reasons: list[str] = []
    limit = RequestLimit(3, reasons.append)
    for _ in range(2):
        limit(ticket(0), DONE)
    assert reasons == []
    for _ in range(5):
        limit(ticket(0), DONE)
    assert reasons == ["it has answered 3 requests (--max-requests)"]


def test_memory_beyond_the_limit_asks_to_retire() -> None:
    held = [100 << 20]
    reasons: list[str] = []
    limit = MemoryLimit(100, lambda: held[0], reasons.append)
    limit(0)
    assert reasons == []
    held[0] += 5 << 20
    limit(1)
    assert reasons == ["it holds 105 MB of memory (--max-memory 100)"]


def test_a_request_beyond_its_time_is_cut_and_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    cut: list[str] = []
    reasons: list[str] = []
    slow = ticket(100.0, lambda: cut.append("slow"))
    quick = ticket(125.0, lambda: cut.append("quick"))
    active = {slow, quick}
    limit = RequestTimeLimit(active, 30, Log(), reasons.append)
    limit(129.9)
    assert (cut, reasons) == ([], [])
    for now in (130.0, 131.0, 132.0):
        limit(now)
    assert cut == ["slow"]
    assert reasons == ["a request has run for 30.0 s (--request-timeout 30)"]
    text = capsys.readouterr().err
    assert text.count("GET /app/slow: has run for 30.0 s") == 1
    assert "test_a_request_beyond_its_time_is_cut_and_told_once" in text  # this thread runs it
    assert "secret" not in text


def test_a_request_that_ended_meanwhile_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Its connection may serve the next one."""

    class Ending(set[Ticket]):
        def __contains__(self, item: object) -> bool:
            return False

    cut: list[str] = []
    reasons: list[str] = []
    active = Ending({ticket(0, lambda: cut.append("x"))})
    RequestTimeLimit(active, 1, Log(), reasons.append)(100)
    assert (cut, reasons, capsys.readouterr().err) == ([], [], "")


def test_a_set_that_changes_while_it_is_copied_is_copied_again() -> None:
    class Changing(set[Ticket]):
        turns = 2

        def __iter__(self):  # type: ignore[no-untyped-def]  # the iterator of set[Ticket]
            self.turns -= 1
            if self.turns >= 0:
                raise RuntimeError("Set changed size during iteration")
            return super().__iter__()

    cut: list[str] = []
    RequestTimeLimit(Changing({ticket(0, lambda: cut.append("x"))}), 1, Log(), cut.append)(100)
    assert cut[0] == "x"


def test_a_check_that_fails_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    def failing(now: float) -> None:
        raise OSError("no /proc")

    times: list[float] = []
    Watchdog((failing, times.append), Log(), clock=lambda: 7.0).look()
    assert times == [7.0]
    assert "warning: the watchdog cannot look: no /proc" in capsys.readouterr().err


def test_the_watchdog_looks_until_it_is_stopped() -> None:
    looked = threading.Event()
    watchdog = Watchdog((lambda now: looked.set(),), Log(), seconds=0.001)
    watchdog.start()
    assert looked.wait(10)
    watchdog.stop()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/a\nb", "'GET /app/a\\nb'"),
        ("/caf\xc3\xa9", "GET /app/café"),
        ("/\xff", "GET /app/\\xff"),
        ("/\x1b[31m", "'GET /app/\\x1b[31m'"),
    ],
)
def test_the_name_of_a_request_is_one_harmless_line(path: str, text: str) -> None:
    assert request_name({**PARAMS, "PATH_INFO": path}) == text


def test_systemds_variables_are_taken_out_of_the_environment() -> None:
    environ = {
        "NOTIFY_SOCKET": "/run/notify",
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": "42",
        "LISTEN_FDS": "1",
        "LISTEN_PID": "41",
        "LISTEN_FDNAMES": "web",
        "HOME": "/",
    }
    assert notifier_of(environ, 42).beat == 15.0
    assert list(activated_descriptors(environ, 42)) == []  # they are another process's
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize(
    ("variables", "beat"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "1000000"}, 0.0),
        ({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1000000"}, 0.5),
        ({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "7"}, 0.0),
        ({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "often"}, 0.0),
        ({"NOTIFY_SOCKET": "vsock:2:1", "WATCHDOG_USEC": "1000000"}, 0.0),
    ],
)
def test_how_often_to_say_that_one_lives(variables: dict[str, str], beat: float) -> None:
    assert notifier_of(dict(variables), 42).beat == beat


def test_sockets_without_a_count_are_none() -> None:
    assert list(activated_descriptors({"LISTEN_PID": "42", "LISTEN_FDS": "-1"}, 42)) == []
    assert list(activated_descriptors({}, 42)) == []
