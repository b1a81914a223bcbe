"""`webstead explain --failed`: what is kept is data of strangers, and harmless on a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

KEPT = {
    "time": "2026-01-02T03:04:05Z\x1b[31m",
    "answered": 404,
    "text": "GET http://h/\x9b2J\nSteps \x1b]0;x\x07 \udcff",
    "request": {"method": "GET", "scheme": "http", "host": "h", "target": "/\x9b2J\udcff\u202e"},
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "site" / "wwwroot").mkdir(parents=True)
    folder = tmp_path / "LogFiles" / "FailedRequests"
    folder.mkdir(parents=True)
    (folder / "fr000001.json").write_text(json.dumps(KEPT))
    return tmp_path


@pytest.mark.parametrize("words", [[], ["1"], ["--json"], ["1", "--json"]])
def test_nothing_of_it_is_obeyed_by_a_terminal(home: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "webstead", "explain", str(home), "--failed", *words]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    text = done.stdout.decode("utf-8")
    assert "404" in text
    assert all(char.isprintable() or char == "\n" for char in text)
