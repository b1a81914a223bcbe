"""What is asked at a terminal before it is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packages import nupkg


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "WEBSTEAD_HOME": str(home), "WEBSTEAD_STATE_DIR": str(home.parent / "state")}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (tmp_path / "hello.nupkg").write_bytes(nupkg())
    made(home, "create", "shop")
    return home


def made(home: Path, *words: str) -> str:
    command = [sys.executable, "-m", "webstead", "site", *words]
    done = subprocess.run(
        command,
        env=environment(home),
        cwd=home.parent,
        check=True,
        capture_output=True,
        timeout=60,
        text=True,
    )
    return done.stdout


def typed(home: Path, answer: str, *words: str) -> subprocess.CompletedProcess[str]:
    """At a terminal."""
    keyboard, terminal = os.openpty()
    try:
        os.write(keyboard, f"{answer}\n".encode())
        return subprocess.run(
            [sys.executable, "-m", "webstead", "site", *words],
            env=environment(home),
            cwd=home.parent,
            stdin=terminal,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(keyboard)
        os.close(terminal)


def test_a_question_is_no_part_of_the_answer(home: Path) -> None:
    done = typed(home, "shop", "delete", "shop", "--json")
    assert done.stdout.startswith("{")
    assert json.loads(done.stdout) == {"deleted": "shop"}
    assert "type its name" in done.stderr


def test_a_new_password_is_made_for_who_means_it(home: Path) -> None:
    before = made(home, "publish-profile", "shop")
    words = ("publish-profile", "shop", "--new-password")
    assert typed(home, "n", *words).returncode == 2
    assert made(home, "publish-profile", "shop") == before
    assert typed(home, "y", *words).returncode == 0
    assert made(home, "publish-profile", "shop") != before
    assert made(home, *words, "--yes")


def test_an_extension_is_taken_away_by_who_means_it(home: Path) -> None:
    made(home, "extensions", "install", "hello.nupkg")
    done = typed(home, "", "extensions", "remove", "hello")
    assert "--yes" in done.stderr
    assert made(home, "extensions", "list").startswith("hello")
    assert typed(home, "yes", "extensions", "remove", "hello").stdout == "Removed hello\n"
    assert made(home, "extensions", "list") == "No extensions.\n"
