"""Programs at a terminal and at pipes, with their ends in our hands."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from tests.observed import has_ended, open_descriptors
from webstead.site.commands.interactive import Interactive, Size, start_interactive

Talk = Callable[[Interactive], Awaitable[None]]
BASH = ("bash", "--norc", "--noprofile")


def talked(folder: Path, talk: Talk, *words: str, size: Size | None = None) -> None:
    async def run() -> None:
        env = {"PATH": os.environ["PATH"], "PS1": "> ", "TERM": "dumb"}
        running = await start_interactive(words, cwd=folder, env=env, size=size)
        try:
            await talk(running)
        finally:
            await running.end()

    asyncio.run(run())


async def heard(running: Interactive, pattern: str) -> str:
    """What it writes, up to a pattern."""
    text = ""
    try:
        async with asyncio.timeout(60):
            while not re.search(pattern, text):
                data = await running.output.read()
                assert data, f"it ended after {text!r}"
                text += data.decode()
    except TimeoutError:
        raise AssertionError(f"never {pattern!r} in {text!r}") from None
    return text


def test_a_shell_has_its_terminal_and_hears_of_its_size(tmp_path: Path) -> None:
    async def talk(running: Interactive) -> None:
        running.input.put(b"tty; stty size; echo A$((1 + 1))\n")
        told = await heard(running, r"A2\r")
        assert "/dev/pts/" in told
        assert "30 100" in told
        running.resize(Size(70, 20))
        running.input.put(b"sh -c 'stty size; echo S$((1 + 1)); exec sleep 100'\n")
        assert "20 70" in await heard(running, r"S2\r")  # it has the terminal: Ctrl+C is for it
        running.input.put(b"\x03")
        await heard(running, r"> $")  # a terminal forgets what was typed around its Ctrl+C
        running.input.put(b"echo B$?; exit 3\n")
        await heard(running, "B130")
        assert await running.wait() == 3

    talked(tmp_path, talk, *BASH, "-i", size=Size(100, 30))


def test_all_that_was_written_is_read_when_the_program_has_ended(tmp_path: Path) -> None:
    async def talk(running: Interactive) -> None:
        assert await running.wait() == 0
        assert await running.output.read() == b"out\n"
        assert await running.output.read() == b""  # though the sleep holds the pipe
        assert running.errors is not None
        assert await running.errors.read() == b"err\n"

    talked(tmp_path, talk, "bash", "-c", "echo out; echo err >&2; sleep 5 &")


def test_much_goes_through_a_program_unchanged(tmp_path: Path) -> None:
    sent = os.urandom(3 << 20)

    async def talk(running: Interactive) -> None:
        running.input.put(sent)
        assert running.input.pending > 0
        running.input.put_end()
        got = bytearray()
        while data := await running.output.read():
            got += data
        assert got == sent
        await running.input.drained()
        assert await running.wait() == 0

    talked(tmp_path, talk, "cat")


def test_what_a_program_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    async def talk(running: Interactive) -> None:
        await running.wait()
        running.input.put(b"x" * 100_000)
        running.input.put_end()
        await running.input.drained()
        assert running.input.pending == 0

    talked(tmp_path, talk, "true")


def test_its_end_is_the_end_of_all_that_it_started(tmp_path: Path) -> None:
    """Also of what ignores the hang-up, has a session of its own, or was forked twice."""
    started: list[int] = []

    async def talk(running: Interactive) -> None:
        line = "(setsid sleep 300 & echo P$!.); nohup sleep 300 & echo P$!.; sleep 300 & echo P$!."
        running.input.put(f"{line}; trap '' HUP TERM; echo R$((1 + 1))\n".encode())
        told = await heard(running, "R2")
        started.extend(int(each) for each in re.findall(r"P(\d+)\.", told))
        assert all(psutil.pid_exists(pid) for pid in started)

    talked(tmp_path, talk, *BASH, "-i", size=Size())
    assert len(started) == 3
    assert all(map(has_ended, started))


def test_what_was_left_running_stays_when_the_shell_ends_by_itself(tmp_path: Path) -> None:
    left: list[int] = []

    async def talk(running: Interactive) -> None:
        left.append(int(await heard(running, r"\d+\n")))
        assert await running.wait() == 0

    talked(tmp_path, talk, "bash", "-c", "sleep 300 >&- 2>&- & echo $!")
    process = psutil.Process(left[0])
    assert process.status() != psutil.STATUS_ZOMBIE
    process.kill()


def test_a_signal_is_its_end_and_told(tmp_path: Path) -> None:
    async def talk(running: Interactive) -> None:
        running.signal(signal.SIGTERM)
        assert await running.wait() == -signal.SIGTERM

    talked(tmp_path, talk, "sleep", "300")


@pytest.mark.parametrize("size", [None, Size()])
def test_what_cannot_be_started_leaves_nothing_open(tmp_path: Path, size: Size | None) -> None:
    async def run() -> int:
        before = open_descriptors()
        for _ in range(3):
            with pytest.raises(FileNotFoundError):
                await start_interactive(["/no/such"], cwd=tmp_path, env={}, size=size)
        return open_descriptors() - before

    assert asyncio.run(run()) == 0
