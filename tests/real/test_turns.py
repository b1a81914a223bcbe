"""A test that is alone waits for those that run, keeps out those that come, and is not kept out by them."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.loads import eventually
from tests.turns import Turns

SECONDS = 20


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[Turns, Turns, Turns]]:
    made = (Turns(tmp_path), Turns(tmp_path), Turns(tmp_path))
    yield made
    for turns in made:
        turns.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def shut(file: Path) -> bool:
    """Whether somebody holds the lock of a file for himself."""
    with file.open("rb") as trial:
        try:
            fcntl.flock(trial, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_others_run_at_the_same_time(workers: tuple[Turns, Turns, Turns]) -> None:
    for turns in workers:
        turns.take(alone=False)
    for turns in workers:
        turns.leave(next_alone=False)


def test_one_that_is_alone_comes_before_those_that_come_later(
    workers: tuple[Turns, Turns, Turns], pool: ThreadPoolExecutor, tmp_path: Path
) -> None:
    early, alone, late = workers
    early.take(alone=False)
    alone_has_it = pool.submit(alone.take, alone=True)
    eventually(lambda: shut(tmp_path / "gate"))
    late_has_it = pool.submit(late.take, alone=False)
    assert not alone_has_it.done()
    early.leave(next_alone=False)
    alone_has_it.result(SECONDS)
    assert shut(tmp_path / "lock")
    assert not late_has_it.done()
    alone.leave(next_alone=False)
    late_has_it.result(SECONDS)
    assert not shut(tmp_path / "gate")


def test_those_that_follow_each_other_keep_the_turn(
    workers: tuple[Turns, Turns, Turns], pool: ThreadPoolExecutor, tmp_path: Path
) -> None:
    alone, other, _ = workers
    alone.take(alone=True)
    other_has_it = pool.submit(other.take, alone=False)
    alone.leave(next_alone=True)
    assert shut(tmp_path / "lock")
    alone.take(alone=True)
    assert not other_has_it.done()
    alone.leave(next_alone=False)
    other_has_it.result(SECONDS)
