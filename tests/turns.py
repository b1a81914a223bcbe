"""Who may run at the same time, when several workers share one run of the tests.

Most tests wait for processes, so two of them on two processors cost each other little. One that measures
time, or fills the machine, is marked `alone`: while it runs, no other does. All of those go to one worker and
stay together, so that the others wait once. The time-out of a test begins when its turn has come.

A test holds a shared lock, one that is marked an exclusive one. A lock by itself would let the marked ones
starve, as there is always a shared holder; so all pass a gate first, which a marked one keeps shut from when
it comes until it is done.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ALONE = "alone"


class Turns:
    """The gate and the lock of one run, shared by its workers through two files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._gate = os.open(folder / "gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        self._alone = False

    def take(self, alone: bool) -> None:
        """Wait for the turn of a test. Marked ones that follow each other keep it."""
        if self._alone:
            return
        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        fcntl.flock(self._gate, kind)
        fcntl.flock(self._lock, kind)
        if not alone:
            fcntl.flock(self._gate, fcntl.LOCK_UN)
        self._alone = alone

    def leave(self, next_alone: bool) -> None:
        """The test and its teardown are done."""
        if self._alone and next_alone:
            return
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        fcntl.flock(self._gate, fcntl.LOCK_UN)
        self._alone = False

    def close(self) -> None:
        os.close(self._gate)
        os.close(self._lock)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # outside of the time-out
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        self.take(is_alone(item))
        try:
            return (yield)
        finally:
            self.leave(nextitem is not None and is_alone(nextitem))

    def pytest_unconfigure(self) -> None:
        self.close()


def is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker(ALONE) is not None


def group_of(item: pytest.Item) -> str | None:
    """The tests of a group run one after the other in one worker. A module is one, so that what it makes is
    made once, unless it says `spread`."""
    if is_alone(item):
        return ALONE
    if item.get_closest_marker("spread") or item.get_closest_marker("xdist_group"):
        return None
    return item.nodeid.partition("::")[0]
