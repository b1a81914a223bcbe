"""A command, run to its end: by a shell, as its caller asks for, with no standard input.

It is ended with all that it has started when it has been silent and idle for too long, or when its caller
has gone. What it leaves running by itself when it ends (`&`) is left alone, as by any shell.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from webstead.errors import WebsteadError
from webstead.host.confinement import FREE, Confinement, becoming, entrance
from webstead.host.isolation import TAG, signal_group, tag_of
from webstead.site.commands.output import Collected
from webstead.site.commands.variables import IDLE_SETTING

__all__ = ["NOT_RUN", "CommandResult", "run_command", "shell_words"]

_LOOK_SECONDS = 0.5
_GRACE_SECONDS = 2.0
"""For the last output, when something that was left running holds the streams; and between SIGTERM and
SIGKILL."""

_NOT_STARTED = (OSError, ValueError, subprocess.SubprocessError, WebsteadError)

NOT_RUN = -1
"""The exit code of a command that could not be started, or was ended."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """code: negative for a signal, NOT_RUN when it was not started, or ended here."""

    output: str
    error: str
    code: int


def shell_words(command: str) -> tuple[str, ...]:
    """bash where there is one."""
    return (shutil.which("bash") or "/bin/sh", "-c", command)


async def run_command(
    words: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    idle: float,
    confinement: Confinement = FREE,
) -> CommandResult:
    """Whatever happens is told in the result. idle: seconds. When it is cancelled, the command is ended
    first. confinement: as whom it runs."""
    starting = asyncio.create_task(_start(words, cwd, {**env, TAG: tag_of("command")}, confinement))
    try:
        transport, command = await asyncio.shield(starting)
    except _NOT_STARTED as error:
        return CommandResult("", _why(error, cwd), NOT_RUN)
    except asyncio.CancelledError:  # it may run already, and nobody would know of it
        with contextlib.suppress(*_NOT_STARTED):
            transport, command = await starting
            await command.end(transport)
        raise
    try:
        return await command.result(transport, idle)
    finally:
        await command.end(transport)


def _why(error: Exception, cwd: Path) -> str:
    if not cwd.is_dir():
        return f"There is no folder {cwd}.\n"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"The command cannot be run in {cwd}: {said}\n"


async def _start(
    words: Sequence[str], cwd: Path, env: Mapping[str, str], confinement: Confinement
) -> tuple[asyncio.SubprocessTransport, _Command]:
    with entrance(confinement) as group:
        return await asyncio.get_running_loop().subprocess_exec(
            _Command,
            *words,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=becoming(confinement, group),
        )


class _Command(asyncio.SubprocessProtocol):
    """A command that runs. That it has ended is known before its streams are closed: what it left running may
    hold them."""

    def __init__(self) -> None:
        self._streams = {1: Collected(), 2: Collected()}
        self._exited = asyncio.Event()
        self._closed = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._streams[fd].add(data)

    def process_exited(self) -> None:
        self._exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()

    async def result(self, transport: asyncio.SubprocessTransport, idle: float) -> CommandResult:
        pid = transport.get_pid()
        note = "" if await self._ended(pid, idle) else _killed(pid, idle)
        await self._exited.wait()
        await _within(self._closed, _GRACE_SECONDS)
        code = NOT_RUN if note else (transport.get_returncode() or 0)
        return CommandResult(self._streams[1].text(), self._streams[2].text() + note, code)

    async def _ended(self, pid: int, idle: float) -> bool:
        """False when it has neither written nor worked for so long."""
        loop = asyncio.get_running_loop()
        seen, since = -1.0, loop.time()
        while not await _within(self._exited, min(_LOOK_SECONDS, idle / 2)):
            now = sum(stream.total for stream in self._streams.values()) + await asyncio.to_thread(_cpu, pid)
            if now != seen:
                seen, since = now, loop.time()
            elif loop.time() - since >= idle:
                return False
        return True

    async def end(self, transport: asyncio.SubprocessTransport) -> None:
        """Also when its caller has gone: the whole group."""
        pid = transport.get_pid()
        if not self._exited.is_set():
            signal_group(pid, signal.SIGTERM)
            await _within(self._exited, _GRACE_SECONDS)
            signal_group(pid, signal.SIGKILL)
            await self._exited.wait()
        transport.close()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it has come by then."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


def _killed(pid: int, idle: float) -> str:
    """What is said of it."""
    signal_group(pid, signal.SIGKILL)
    return (
        f"\nThe command was ended: for {idle:g} s it has written nothing and used no CPU. "
        f"The setting {IDLE_SETTING} says how many seconds it may.\n"
    )


def _cpu(pid: int) -> float:
    """Seconds that it and what it started have worked; those that have ended count in their parents."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        shell = psutil.Process(pid)
        for process in (shell, *shell.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += sum(process.cpu_times()[:4])
    return total
