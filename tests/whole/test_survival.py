"""A part that dies comes back; Ctrl+C and the death of the supervisor leave nothing behind."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.live import REPOSITORY, Up, fetch, live
from tests.observed import words_of

EXAMPLE = REPOSITORY / "examples" / "flask-guestbook"


def member(up: Up, wanted: Callable[[str], bool]) -> psutil.Process:
    return next(p for p in up.family() if wanted(" ".join(words_of(p))))


def is_front(words: str) -> bool:
    return "webstead.front" in words


def is_gateway(words: str) -> bool:
    return "webstead/gateway" in words


@pytest.mark.parametrize("wanted", [is_gateway, is_front])
def test_kill_of_a_part_is_survived(tmp_path: Path, wanted: Callable[[str], bool]) -> None:
    with live(EXAMPLE, env={"GUESTBOOK_DB": str(tmp_path / "db.sqlite3")}) as up:
        url = up.ready()
        assert fetch(url).status == 200
        for _ in range(3):
            victim = member(up, wanted)
            victim.send_signal(signal.SIGKILL)
            victim.wait(5)
            assert fetch(url).status == 200, up.output
        assert up.interrupt() == 0


def test_kill_of_the_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    with live(EXAMPLE, env={"GUESTBOOK_DB": str(tmp_path / "db.sqlite3")}) as up:
        up.ready()
        family = up.family()
        assert len(family) >= 2
        up.process.kill()
        _, alive = psutil.wait_procs(family, timeout=8)
        assert not alive


def test_terminate_stops_as_ctrl_c_does(tmp_path: Path) -> None:
    with live(EXAMPLE, env={"GUESTBOOK_DB": str(tmp_path / "db.sqlite3")}) as up:
        up.ready()
        family = up.family()
        up.process.terminate()
        assert up.end(seconds=6) == 0
        _, alive = psutil.wait_procs(family, timeout=1)
        assert not alive
