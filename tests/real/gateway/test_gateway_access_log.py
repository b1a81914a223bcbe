"""The access log as a file: whole lines from many threads and processes, moved away, on a full disk."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.observe.access_log import AccessLog
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Outcome, Ticket

OK = Outcome(200, 0, 5, 0.01)
WRITER = """
import sys
from webstead.gateway.observe.access_log import AccessLog
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Outcome, Ticket
log = AccessLog(sys.argv[1], Log())
ticket = Ticket({"REQUEST_URI": "/" + sys.argv[2] * 700}, lambda: None)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(300):
    log(ticket, Outcome(200, 0, 5, 0.01))
"""


def ticket(path: str) -> Ticket:
    return Ticket({"REQUEST_METHOD": "GET", "REQUEST_URI": path}, lambda: None)


def test_a_request_is_a_line_behind_those_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / "access.log"
    file.write_text("older\n")
    log = AccessLog(str(file), Log())
    log(ticket("/one"), OK)
    log(ticket("/two"), OK)
    log.close()
    older, one, two = file.read_text().splitlines()
    assert older == "older"
    assert '"GET /one -" 200 5' in one
    assert '"GET /two -" 200 5' in two


def test_others_may_not_read_it(tmp_path: Path) -> None:
    AccessLog(str(tmp_path / "access.log"), Log()).close()
    assert (tmp_path / "access.log").stat().st_mode & 0o007 == 0


def test_lines_of_several_processes_stay_whole(tmp_path: Path) -> None:
    file = tmp_path / "access.log"
    source = str(Path(__file__).parents[3] / "src")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": source},
        )
        for name in "abc"
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline()
    for writer in writers:
        writer.communicate(b"\n", timeout=20)
    targets = [line.split()[6] for line in file.read_text().splitlines()]
    assert sorted(targets) == sorted("/" + name * 700 for name in "abc" for _ in range(300))


def test_a_log_that_was_moved_away_is_opened_anew_and_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "access.log"
    log = AccessLog(str(file), Log())
    enough, done = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            log(ticket(f"/{number}"), OK)
            number += 1
            if number == 500:
                enough.set()
        log(ticket("/last"), OK)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for number in range(5):
            file.rename(tmp_path / f"access.log.{number}")
            log.reopen()
        assert enough.wait(20)
    finally:
        done.set()
        writing.join(20)
    log.close()
    parts = [*(tmp_path / f"access.log.{number}" for number in range(5)), file]
    targets = [line.split()[6] for part in parts for line in part.read_text().splitlines()]
    assert targets == [*(f"/{number}" for number in range(len(targets) - 1)), "/last"]
    assert '"GET /last -"' in file.read_text()


def test_a_place_that_is_gone_keeps_the_old_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    log = AccessLog(str(folder / "access.log"), Log())
    folder.rename(tmp_path / "moved")
    log.reopen()
    log(ticket("/x"), OK)
    log.close()
    assert "/x" in (tmp_path / "moved" / "access.log").read_text()
    assert "warning: the access log cannot be opened again" in capsys.readouterr().err


def test_a_full_disk_is_told_once_and_fails_no_request(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog("/dev/full", Log())
    for _ in range(3):
        log(ticket("/x"), OK)
    log.close()
    assert capsys.readouterr().err.count("warning: the access log cannot be written") == 1


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(StartFailure) as caught:
        AccessLog(str(tmp_path / "none" / "access.log"), Log())
    assert caught.value.code == BAD_USAGE
    assert str(tmp_path) in caught.value.found
    assert "--access-log" in caught.value.fix


def test_a_dash_is_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    log = AccessLog("-", Log())
    log.reopen()
    log(ticket("/x"), OK)
    log.close()
    log(ticket("/still open"), OK)
    assert [line.split()[6] for line in capfd.readouterr().out.splitlines()] == ["/x", "/still"]
