"""A request that is stuck: its stack is in the log, its connection is cut, and a successor takes over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from .conftest import SECONDS
from .master_harness import WHOLE, MasterProcess

Start = Callable[..., MasterProcess]


@pytest.fixture
def master(folder: Path) -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(MasterProcess(folder, *args, **kwargs))


@pytest.mark.parametrize("threads", ["1", "4"])
def test_a_stuck_request_is_cut_and_its_process_replaced(master: Start, threads: str) -> None:
    gateway = master(1, ["--request-timeout=0.3", "--grace=0.3", f"--threads={threads}"])
    gateway.serving(1)
    (first,) = gateway.workers()
    stuck = psutil.Process(first)
    with gateway.peer() as peer:
        peer.ask("/stuck?password=secret", extra={"SCRIPT_NAME": "/app"})
        assert peer.answer().end is None  # the connection ends, without an answer
    found = r"GET /app/stuck: has run for \d\.\d s \(--request-timeout 0\.3\); its connection was cut"
    gateway.expect(found + r"\. It is at\n  File \".*/site_of_test\.py")  # no frames of ours above the app's
    gateway.expect(r"in _stuck_for_ever\n +threading\.Event\(\)\.wait\(\)")
    gateway.expect(rf"worker {first} retires: a request has run for \d\.\d s \(--request-timeout 0\.3\)")
    gateway.serving(2)
    stuck.wait(SECONDS)
    assert WHOLE.match(gateway.get().body)
    assert gateway.output.count("has run for") == 2  # the log's line, and the reason to retire
    assert "secret" not in gateway.output
    assert gateway.output.index("serves", gateway.output.index("retires")) < gateway.output.index(
        "did not finish within 0.3 s"
    )


def test_requests_within_their_time_are_left_alone(master: Start, folder: Path) -> None:
    gateway = master(1, ["--request-timeout=20"])
    gateway.serving(1)
    for _ in range(20):
        assert gateway.get().status == 200
    gateway.signal()
    assert gateway.end() == 0
    assert "has run for" not in gateway.output


def test_without_a_master_the_process_ends_for_who_started_it(master: Start) -> None:
    gateway = master(0, ["--request-timeout=0.3", "--grace=0.3"])
    gateway.expect("this process serves")
    with gateway.peer() as peer:
        peer.ask("/stuck")
        assert peer.answer().end is None
    assert gateway.end() == 0
    assert "this process stops: a request has run for" in gateway.output
    assert "did not finish within 0.3 s" in gateway.output


def test_without_a_master_too_many_requests_end_the_process_in_order(master: Start) -> None:
    gateway = master(0, ["--max-requests=3", "--max-requests-jitter=0"])
    gateway.expect("this process serves")
    with gateway.peer() as peer:
        for _ in range(3):
            assert peer.get("/").status == 200
        assert peer.closed()
    assert gateway.end() == 0
    assert "this process stops: it has answered 3 requests (--max-requests)" in gateway.output
    assert "warning" not in gateway.output
