"""One holder at a time; a holder that is killed holds nothing; its child may."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from webstead.effects import locked

HOLD = """
import sys, time
from pathlib import Path
from webstead.effects import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
HOLD_BY_CHILD = """
import subprocess, sys
from pathlib import Path
from webstead.effects import locked
with locked(Path(sys.argv[1])) as descriptor:
    subprocess.Popen([sys.executable, "-c", "import sys; print('held', flush=True); sys.stdin.read()"],
                     pass_fds=[descriptor])
    sys.stdin.read()
"""


def holder(path: Path, source: str = HOLD) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", source, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_waits_is_told_once_and_then_has_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.lock"
    waits: list[str] = []
    with holder(path) as first:
        assert first.stdin is not None
        release = first.stdin.close

        def on_wait() -> None:
            waits.append("waiting")
            release()

        with locked(path, on_wait):
            assert waits == ["waiting"]
    with locked(path, on_wait):
        assert waits == ["waiting"]


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with locked(path, lambda: None):
            assert path.exists()


def test_the_child_of_a_killed_holder_still_holds(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    waited = threading.Event()
    with holder(path, HOLD_BY_CHILD) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdin is not None
        release = process.stdin.close  # the child reads the same pipe, and ends with it

        def on_wait() -> None:
            waited.set()
            release()

        with locked(path, on_wait):
            assert waited.is_set()
