"""The log: whole lines from many processes, rotation that loses none, and what the app prints."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from webstead.gateway.observe.log import Log
from webstead.gateway.observe.streams import default_log_path

SOURCE = Path(__file__).parents[3] / "src"
SECONDS = 60


def texts(path: Path) -> list[str]:
    """The lines without their times."""
    lines = path.read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: ", line) for line in lines)
    return [line.split(": ", 1)[1] for line in lines]


def run(code: str, *words: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-c", code, *words]
    return subprocess.Popen(program, env={**os.environ, "PYTHONPATH": str(SOURCE), **(env or {})})


def test_lines_go_to_file_and_standard_error_notes_to_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log(str(tmp_path / "log"))
    log.line("a line")
    log.note("a note, \ud800 and all")
    assert texts(tmp_path / "log") == ["a line", "a note, \\ud800 and all"]
    assert capsys.readouterr().err == "a line\n"


def test_a_path_that_cannot_be_written_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log(str(tmp_path / "absent" / "log"))
    log.note("nowhere")
    log.line("here")
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("warning: WSGI_LOG cannot be written: ")
    assert second == "here"


def test_a_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log = Log("log", most=1)
    monkeypatch.chdir("/")
    log.note("1")
    log.note("2")
    assert texts(tmp_path / "log.1") == ["2"]


def test_a_full_file_moves_on_and_the_oldest_goes(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "log"), most=1, kept=3)
    for number in range(6):
        log.note(str(number))
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1", "log.2", "log.3"]
    assert [texts(tmp_path / f"log.{n}") for n in (1, 2, 3)] == [["5"], ["4"], ["3"]]
    assert texts(tmp_path / "log") == []


def test_a_file_that_somebody_moved_or_removed_is_made_anew(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "log"))
    log.note("1")
    (tmp_path / "log").rename(tmp_path / "old")
    log.note("2")
    (tmp_path / "log").unlink()
    log.reopen()
    log.note("3")
    assert texts(tmp_path / "old") == ["1"]
    assert texts(tmp_path / "log") == ["3"]


def test_the_descriptor_stays_the_same(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "log"), most=1)
    fd = log.fileno()
    assert fd is not None
    log.note("1")
    log.reopen()
    assert log.fileno() == fd
    os.write(fd, b"2001-01-01 00:00:00: raw\n")
    assert texts(tmp_path / "log") == ["raw"]
    assert not os.get_inheritable(fd)


def test_lines_that_were_lost_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    log = Log(str(folder / "log"))
    folder.rename(tmp_path / "away")
    log.note("lost")
    log.note("lost too")
    folder.mkdir()
    log.note("back")
    assert texts(folder / "log") == ["warning: 2 lines before this one could not be written", "back"]
    assert capsys.readouterr().err.count("can no longer be written") == 1


def test_a_rotation_that_fails_goes_on_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.1").mkdir()
    (tmp_path / "log.1" / "in the way").touch()
    (tmp_path / "log.2").touch()  # a folder cannot take a file's name
    log = Log(str(tmp_path / "log"), most=10, kept=2)
    log.note("1")
    log.note("2")
    assert texts(tmp_path / "log") == ["1", "2"]
    assert "cannot be rotated, and grows on" in capsys.readouterr().err


def test_readers_hear_every_line_and_cannot_break_the_log(tmp_path: Path) -> None:
    heard: list[str] = []
    log = Log(str(tmp_path / "log"))

    def read(text: str) -> None:
        heard.append(text)
        log.note(f"heard {text}")
        raise ValueError("no more")

    log.add_reader(read)
    log.note("one")
    assert heard == ["one"]
    assert texts(tmp_path / "log") == [
        "one",
        "heard one",
        "warning: what reads the log failed: ValueError: no more",
    ]


WRITER = """
import sys
from webstead.gateway.observe.log import Log
log = Log(sys.argv[1], most=20_000, kept=1000)
for number in range(2000):
    log.note(f"{sys.argv[2]}:{number}:" + "x" * (number % 50))
"""


def test_processes_share_a_file_and_its_rotation_and_lose_no_line(tmp_path: Path) -> None:
    writers = [run(WRITER, str(tmp_path / "log"), name) for name in "abc"]
    assert [writer.wait(SECONDS) for writer in writers] == [0, 0, 0]
    files = list(tmp_path.iterdir())
    assert len(files) > 5
    written = [line for path in files for line in texts(path)]
    expected = {f"{name}:{number}:" + "x" * (number % 50) for name in "abc" for number in range(2000)}
    assert len(written) == len(expected)
    assert set(written) == expected


def someone_waits_for(path: Path) -> bool:
    """Whether the kernel lists a waiter for a lock on this file."""
    inode = f":{path.stat().st_ino} "
    return any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines())


def test_who_comes_second_does_not_rotate_again(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "log"), most=1)
    with (tmp_path / "log").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        writer = threading.Thread(target=log.note, args=("1",))
        writer.start()
        deadline = time.monotonic() + SECONDS
        while not someone_waits_for(tmp_path / "log"):
            assert time.monotonic() < deadline
        (tmp_path / "log").rename(tmp_path / "log.1")
        (tmp_path / "log").write_text("2001-01-01 00:00:00: of the other\n")
    writer.join(SECONDS)
    assert texts(tmp_path / "log.1") == ["1"]
    assert texts(tmp_path / "log") == ["of the other"]
    assert not (tmp_path / "log.2").exists()


PRINTER = """
import os, sys
from webstead.gateway.observe.streams import claim_streams, enable_faulthandler, lead_streams
missing = claim_streams(os.environ)
taken = os.open(os.devnull, os.O_RDONLY)
assert taken > 2, taken
from webstead.gateway.observe.log import Log
log = Log(sys.argv[1])
lead_streams(missing, log)
enable_faulthandler(log)
print("printed", end="")
print(" whole")
print("to stderr: \\ud800", file=sys.stderr)
log.line("a line")
sys.stdout.buffer.write(b"bytes\\n")
sys.stdout.flush()
os.write(1, b"2001-01-01 00:00:00: raw out\\n")
os.write(2, b"2001-01-01 00:00:00: raw err\\n")
import subprocess
subprocess.run([sys.executable, "-c", "print('2001-01-01 00:00:00: child')"], stdout=sys.stdout, check=True)
subprocess.run([sys.executable, "-c", "print('2001-01-01 00:00:00: heir')"], check=True)
log.reopen()
os.write(1, b"2001-01-01 00:00:00: after\\n")
print("no end", end="")
"""

PRINTED = [
    "printed whole",
    "to stderr: \\ud800",
    "a line",
    "bytes",
    "raw out",
    "raw err",
    "child",
    "heir",
    "after",
    "no end",
]


def test_output_of_a_process_without_streams_is_in_the_log(tmp_path: Path) -> None:
    words = [sys.executable, "-c", PRINTER, str(tmp_path / "log")]
    shell = ["/bin/sh", "-c", 'exec "$@" 1>&- 2>&-', "sh", *words]
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    assert subprocess.run(shell, env=env, timeout=SECONDS, check=False).returncode == 0
    assert texts(tmp_path / "log") == PRINTED


def test_output_of_a_process_of_iis_is_in_the_log(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(SOURCE), "_FCGI_X_PIPE_": r"\\.\pipe\x"}
    words = [sys.executable, "-c", PRINTER, str(tmp_path / "log")]
    done = subprocess.run(words, env=env, timeout=SECONDS, check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert texts(tmp_path / "log") == PRINTED


def test_streams_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    code = PRINTER.replace("2001-01-01 00:00:00: ", "")
    words = [sys.executable, "-c", code.replace("\\ud800", ""), str(tmp_path / "log")]
    done = subprocess.run(words, env=env, timeout=SECONDS, check=True, capture_output=True, text=True)
    assert sorted(done.stdout.splitlines()) == sorted(
        ["printed whole", "bytes", "raw out", "child", "heir", "after", "no end"]
    )
    assert done.stderr.splitlines() == ["to stderr: ", "a line", "raw err"]
    assert texts(tmp_path / "log") == ["a line"]


CRASH = """
import ctypes, os, sys
from webstead.gateway.observe.streams import claim_streams, enable_faulthandler, lead_streams
from webstead.gateway.observe.log import Log
missing = claim_streams(os.environ)
log = Log(sys.argv[1], most=1)
lead_streams(missing, log)
enable_faulthandler(log)
log.note("rotated")
def crash_here(): ctypes.string_at(0)
crash_here()
"""


def test_a_crash_writes_its_stack_to_the_log(tmp_path: Path) -> None:
    words = [sys.executable, "-c", CRASH, str(tmp_path / "log")]
    env = {**os.environ, "PYTHONPATH": str(SOURCE), "_FCGI_X_PIPE_": "x"}
    assert subprocess.run(words, env=env, timeout=SECONDS, check=False).returncode == -11
    assert "in crash_here" in (tmp_path / "log").read_text()
    del env["_FCGI_X_PIPE_"]
    done = subprocess.run(words, env=env, timeout=SECONDS, check=False, capture_output=True)
    assert done.returncode == -11
    assert b"in crash_here" in done.stderr


def test_without_a_named_file_one_is_chosen_outside_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"HOME": str(tmp_path), "APP_POOL_ID": "my pool/../x"}
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    own = tmp_path / "tmp" / f"webstead-{os.getuid()}"
    assert default_log_path(environ) == str(own / "webstead-gateway-mypoolx.log")
    assert own.stat().st_mode & 0o777 == 0o700
    (tmp_path / "LogFiles").mkdir()
    assert default_log_path(environ) == str(tmp_path / "LogFiles" / "webstead-gateway.log")


def test_a_folder_that_others_can_write_to_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own = tmp_path / f"webstead-{os.getuid()}"
    own.mkdir()
    own.chmod(0o777)
    assert default_log_path({}) == ""
    own.rmdir()
    own.symlink_to(tmp_path)
    assert default_log_path({}) == ""
