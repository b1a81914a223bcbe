"""`webstead shell` on a home that nobody serves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.loads import eventually
from tests.observed import words_of as command_of


def words_of(*words: str) -> list[str]:
    return [sys.executable, "-m", "webstead", *words]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "WEBSTEAD_HOME": str(home), "WEBSTEAD_STATE_DIR": str(home.parent / "state")}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    words = words_of("site", "create", "shop")
    subprocess.run(words, env=environment(home), check=True, capture_output=True, timeout=60)
    return home


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ("false\ntrue\n", 0),
        ("true\nfalse\n", 1),
        ("sh -c 'exit 7'\nexit\necho never\n", 7),
        ("exit 3\necho never\n", 3),
        ("cd nothing-of-this-name\n", 1),
        ("", 0),
    ],
)
def test_steps_that_are_piped_in_end_as_the_last_did(home: Path, steps: str, code: int) -> None:
    done = subprocess.run(
        words_of("shell", "--dir", "."),
        env=environment(home),
        input=steps,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stderr
    assert "never" not in done.stdout


def test_an_error_between_them_has_its_way_out(home: Path) -> None:
    done = subprocess.run(
        words_of("shell", "--dir", "nothing-of-this-name"),
        env=environment(home),
        input="ls\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert done.stderr.strip()


def test_ctrl_c_ends_the_command(home: Path) -> None:
    with subprocess.Popen(
        words_of("shell", "--dir", "."),
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin is not None
        running.stdin.write("sleep 987.6\n")
        running.stdin.flush()
        shell = psutil.Process(running.pid)

        def sleeping() -> list[psutil.Process]:
            return [each for each in shell.children(recursive=True) if "987.6" in command_of(each)]

        eventually(lambda: bool(sleeping()))
        (command,) = (each for each in sleeping() if each.name() == "sleep")
        running.send_signal(signal.SIGINT)
        command.wait(20)
        assert running.poll() is None
        running.stdin.write("exit 4\n")
        _, errors = running.communicate(timeout=30)
    assert running.returncode == 4
    assert "Interrupted" in errors
