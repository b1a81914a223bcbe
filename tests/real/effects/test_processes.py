"""Programs run to their end: lines as they come, nothing left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from webstead.effects import RecordingRunner, Runner, TimedOut, run
from webstead.errors import RuntimeMissing

ENV = {"PATH": os.environ["PATH"]}


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def is_gone(pid: int) -> bool:
    """Whether the process ends within ten seconds. A zombie has ended: its new parent has not looked yet."""
    tick = threading.Event()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        tick.wait(0.02)
    return False


def test_lines_come_by_stream_and_the_code_is_given(tmp_path: Path) -> None:
    lines: list[tuple[str, str]] = []
    source = "import os; os.write(1, b'one\\r\\ntwo\\xff'); os.write(2, b'bad\\n'); raise SystemExit(7)"
    done = run(python(source), cwd=tmp_path, env=ENV, on_line=lambda *line: lines.append(line))
    assert done.code == 7
    assert sorted(lines) == [("stderr", "bad"), ("stdout", "one"), ("stdout", "two\ufffd")]
    assert sorted(done.tail) == ["bad", "one", "two\ufffd"]
    assert 0 < done.seconds < 30


def test_a_line_is_handed_on_before_the_program_ends(tmp_path: Path) -> None:
    pipe = tmp_path / "go"
    os.mkfifo(pipe)
    source = f"print('waiting', flush=True); print(open({os.fspath(pipe)!r}).read())"
    seen: list[str] = []

    def answer(stream: str, line: str) -> None:
        seen.append(line)
        if line == "waiting":
            pipe.write_text("told")

    assert run(python(source), cwd=tmp_path, env=ENV, on_line=answer, timeout=30).code == 0
    assert seen == ["waiting", "told"]


def test_the_environment_and_folder_are_exactly_those_given(tmp_path: Path) -> None:
    done = run(
        python("import os; print(os.getcwd(), sorted(os.environ))"), cwd=tmp_path, env={"ONLY": "this", **ENV}
    )
    assert done.tail[0].startswith(os.path.realpath(tmp_path))
    assert "'ONLY', 'PATH'" in done.tail[0]
    assert "HOME" not in done.tail[0]


def test_a_long_output_keeps_its_end_in_bounded_memory(tmp_path: Path) -> None:
    done = run(python("for n in range(20000): print(n)\nprint('x' * 200000)"), cwd=tmp_path, env=ENV)
    assert len(done.tail) == 400
    assert sum(map(len, done.tail[-4:])) == 200000
    assert "19999" in done.tail


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeMissing) as caught:
        run(["no-such-program-here"], cwd=tmp_path, env=ENV)
    assert "`no-such-program-here` cannot be run" in caught.value.what
    assert "PATH" in caught.value.fix


def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("text")
    with pytest.raises(RuntimeMissing, match=r"note\.txt"):
        run([str(tmp_path / "note.txt")], cwd=tmp_path, env=ENV)


def test_a_missing_folder_is_not_blamed_on_the_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(python("pass"), cwd=tmp_path / "gone", env=ENV)


TREE = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_time_out_kills_the_program_and_its_children(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(TimedOut) as caught:
        run(python(TREE), cwd=tmp_path, env=ENV, on_line=lambda _, line: pids.append(int(line)), timeout=1.5)
    assert caught.value.tail == (str(pids[0]),)
    assert is_gone(pids[0])


def test_ctrl_c_kills_the_program_and_its_children(tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupt(stream: str, line: str) -> None:
        pids.append(int(line))
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(python(TREE), cwd=tmp_path, env=ENV, on_line=interrupt)
    assert is_gone(pids[0])


def test_a_chatty_program_that_is_given_up_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())

    def give_up(stream: str, line: str) -> None:
        raise KeyError(line)

    with pytest.raises(KeyError):
        run(python("while True: print('y' * 1000)"), cwd=tmp_path, env=ENV, on_line=give_up)
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


def test_a_daemon_that_keeps_the_streams_does_not_hold_us(tmp_path: Path) -> None:
    source = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid)
"""
    began = time.monotonic()
    done = run(python(source), cwd=tmp_path, env=ENV)
    os.kill(int(done.tail[0]), signal.SIGKILL)
    assert done.code == 0
    assert time.monotonic() - began < 10


def test_a_program_that_closes_its_streams_is_waited_for(tmp_path: Path) -> None:
    source = "import os, time; os.close(1); os.close(2); time.sleep(600)"
    with pytest.raises(TimedOut):
        run(python(source), cwd=tmp_path, env=ENV, timeout=1)


def test_a_kept_descriptor_is_inherited(tmp_path: Path) -> None:
    inner, outer = os.pipe()
    try:
        done = run(python(f"import os; os.write({outer}, b'!')"), cwd=tmp_path, env=ENV, keep=[outer])
        assert done.code == 0
        assert os.read(inner, 1) == b"!"
    finally:
        os.close(inner)
        os.close(outer)


def test_the_recording_runner_can_stand_before_the_real_one(tmp_path: Path) -> None:
    runner: Runner = RecordingRunner(through=run)
    assert runner(python("print(1)"), cwd=tmp_path, env=ENV).tail == ("1",)
