"""Commands, run by a shell and ended with all that they started."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import uvloop

from tests.loads import eventually
from tests.observed import has_ended
from webstead.host.confinement import FREE, Confinement, as_user
from webstead.site.commands.run import NOT_RUN, CommandResult, run_command, shell_words

ENV = {"PATH": os.environ["PATH"], "NAME": "shop"}


LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
"""uvicorn takes uvloop where it is."""

Loop = Callable[[], asyncio.AbstractEventLoop]


def run(
    command: str, folder: Path, *, idle: float = 60, factory: Loop = asyncio.new_event_loop
) -> CommandResult:
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(run_command(shell_words(command), cwd=folder, env=ENV, idle=idle))


def test_both_streams_and_the_exit_code_are_told(tmp_path: Path) -> None:
    result = run("echo $NAME; echo bad >&2; pwd; exit 3", tmp_path)
    assert result == CommandResult(f"shop\n{tmp_path}\n", "bad\n", 3)


def test_the_loop_of_the_management_runs_it_as_well(tmp_path: Path) -> None:
    running = run_command(shell_words("echo $NAME; exit 3"), cwd=tmp_path, env=ENV, idle=60)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(running) == CommandResult("shop\n", "", 3)


def test_the_standard_input_is_closed(tmp_path: Path) -> None:
    assert run("cat; read x || echo none", tmp_path).output == "none\n"


@pytest.mark.parametrize("command", ["a\0b", "x" * 200_000])
def test_a_command_that_cannot_be_run_is_a_result(tmp_path: Path, command: str) -> None:
    result = run(command, tmp_path)
    assert result.code == NOT_RUN
    assert "cannot be run" in result.error


def test_a_folder_that_is_missing_is_a_result(tmp_path: Path) -> None:
    result = run("true", tmp_path / "none")
    assert (result.code, "none" in result.error) == (NOT_RUN, True)


@pytest.mark.parametrize("factory", LOOPS)
def test_a_silent_and_idle_command_is_ended_and_the_setting_is_named(tmp_path: Path, factory: Loop) -> None:
    began = time.monotonic()
    result = run("echo begun; sleep 60 | cat", tmp_path, idle=1, factory=factory)
    assert time.monotonic() - began < 20
    assert result.code == NOT_RUN
    assert result.output == "begun\n"
    assert "SCM_COMMAND_IDLE_TIMEOUT" in result.error


def test_one_that_works_or_writes_is_not(tmp_path: Path) -> None:
    busy = "python3 -c 'import time\nend = time.time() + 2\nwhile time.time() < end: pass'"
    assert run(busy, tmp_path, idle=1).code == 0
    assert run("for i in 1 2 3 4 5; do echo $i; sleep 0.4; done", tmp_path, idle=1).code == 0


@pytest.mark.parametrize("factory", LOOPS)
def test_what_is_left_running_does_not_hold_the_answer(tmp_path: Path, factory: Loop) -> None:
    began = time.monotonic()
    result = run("sleep 300 & echo $!", tmp_path, factory=factory)
    assert result.code == 0
    assert time.monotonic() - began < 20
    psutil.Process(int(result.output)).kill()


def test_a_command_whose_caller_goes_is_ended_with_its_group(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")

    async def left() -> int:
        words = shell_words(f"sleep 300 & echo $! > {tmp_path}/pid; wait")
        task = asyncio.create_task(run_command(words, cwd=tmp_path, env=ENV, idle=60))
        pid = int(await asyncio.to_thread((tmp_path / "pid").read_text))
        task.cancel()
        await asyncio.wait([task])
        return pid

    pid = asyncio.run(left())
    eventually(lambda: has_ended(pid))


def test_output_without_end_is_bounded(tmp_path: Path) -> None:
    result = run("head -c 30000000 /dev/zero | tr '\\0' x", tmp_path)
    assert result.code == 0
    assert len(result.output) < 9 << 20
    assert "left out" in result.output


@pytest.mark.parametrize("factory", LOOPS)
def test_a_command_runs_as_the_sites_user_on_either_loop(factory: Loop) -> None:
    confinement = as_user("nobody") if os.geteuid() == 0 else FREE
    words = shell_words("id -u; id -G; exit 5")
    with asyncio.Runner(loop_factory=factory) as runner:
        result = runner.run(run_command(words, cwd=Path("/"), env=ENV, idle=60, confinement=confinement))
    user = os.geteuid() if confinement.user is None else confinement.user
    assert result.output.splitlines()[0] == str(user)
    assert user == 0 or "0" not in result.output.splitlines()[1].split()
    assert result.code == 5


def test_a_command_enters_its_control_group_or_is_not_run(tmp_path: Path) -> None:
    words = shell_words("echo ran")
    confinement = Confinement(cgroup=tmp_path / "none")
    result = asyncio.run(run_command(words, cwd=tmp_path, env=ENV, idle=60, confinement=confinement))
    assert (result.output, result.code) == ("", NOT_RUN)
    (tmp_path / "cgroup.procs").touch()
    confinement = Confinement(cgroup=tmp_path)
    result = asyncio.run(run_command(words, cwd=tmp_path, env=ENV, idle=60, confinement=confinement))
    assert result.output == "ran\n"
    assert (tmp_path / "cgroup.procs").read_text() == "0"
