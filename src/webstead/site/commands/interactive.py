"""A program that somebody talks to: a shell at a terminal, or a command whose streams lead to its caller.

When it ends by itself, what it left running is left alone, as by any shell. When its caller ends it, or has
gone, all that it has started ends with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from webstead.host.confinement import FREE, Confinement, becoming, entrance
from webstead.host.isolation import TAG, end_all, family, signal_group, tag_of
from webstead.site.commands.descriptors import Sink, Source

__all__ = ["MOST_CELLS", "Interactive", "Size", "start_interactive"]

MOST_CELLS = 4096
"""Columns or rows of a terminal: a wall of screens has fewer, and programs take memory for each cell."""

_GRACE_SECONDS = 2.0
"""Between SIGHUP and SIGKILL."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a terminal. What cannot be one is brought into its bounds."""

    columns: int = 80
    rows: int = 24

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", min(max(self.columns, 1), MOST_CELLS))
        object.__setattr__(self, "rows", min(max(self.rows, 1), MOST_CELLS))


@dataclass(frozen=True, slots=True)
class _Streams:
    """Ours, and the three that the child is given. terminal: the one of them that is a terminal."""

    own: tuple[int, ...]
    child: tuple[int, int, int]
    terminal: int | None


class _Watched(asyncio.SubprocessProtocol):
    def __init__(self) -> None:
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        self.exited.set()


class Interactive:
    """It runs. input, output, errors: its streams; at a terminal errors is None: they come as output."""

    def __init__(
        self, transport: asyncio.SubprocessTransport, watched: _Watched, own: tuple[int, ...], tag: str
    ) -> None:
        self._transport = transport
        self._exited = watched.exited
        self._pid = transport.get_pid()
        self._tag = tag
        self._terminal = own[1] if len(own) == 2 else None
        self.input = Sink(own[0])
        self.output = Source(own[1], watched.exited)
        self.errors = Source(own[2], watched.exited) if len(own) == 3 else None

    @property
    def pid(self) -> int:
        return self._pid

    def resize(self, size: Size) -> None:
        """Programs at the terminal are told."""
        if self._terminal is not None and not self._exited.is_set():
            _set_size(self._terminal, size)

    def signal(self, number: signal.Signals) -> None:
        """To all that it has started and not put into groups of their own."""
        if not self._exited.is_set():
            signal_group(self._pid, number)

    async def wait(self) -> int:
        """Its exit code, negative for a signal."""
        await self._exited.wait()
        return self._transport.get_returncode() or 0

    async def end(self) -> None:
        """It and all that it has started, unless it has ended by itself; its streams are closed."""
        try:
            if not self._exited.is_set():
                await self._end_all()
        finally:
            self._terminal = None
            self._transport.close()
            for stream in (self.input, self.output, self.errors):
                if stream is not None:
                    stream.close()

    async def _end_all(self) -> None:
        self._hang_up(await asyncio.to_thread(_members, self._pid, self._tag))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._exited.wait(), _GRACE_SECONDS)
        signal_group(self._pid, signal.SIGKILL)
        await end_all(await asyncio.to_thread(_members, self._pid, self._tag))
        await self._exited.wait()

    def _hang_up(self, members: Sequence[psutil.Process]) -> None:
        """As a terminal does that is switched off; what is stopped hears of it, too."""
        for number in (signal.SIGHUP, signal.SIGCONT):
            signal_group(self._pid, number)
            for member in members:
                with contextlib.suppress(psutil.Error):
                    member.send_signal(number)


def _members(pid: int, tag: str) -> list[psutil.Process]:
    """All that it has started. One that was forked twice is no descendant any more: the server has adopted
    it, and its variables tell."""
    found = {each.pid: each for each in family(pid, tag)}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid not in found and process.pid != pid and process.environ().get(TAG) == tag:
                found[process.pid] = process
    return list(found.values())


async def start_interactive(
    words: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    size: Size | None,
    confinement: Confinement = FREE,
) -> Interactive:
    """size: of the terminal that it is at; None for pipes. Raises OSError, ValueError, StartError,
    SubprocessError when it cannot be started."""
    tag = tag_of("shell")
    starting = asyncio.create_task(_start(words, cwd, {**env, TAG: tag}, size, confinement, tag))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:  # it may run already, and nobody would know of it
        with contextlib.suppress(Exception):
            await (await starting).end()
        raise


async def _start(
    words: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    size: Size | None,
    confinement: Confinement,
    tag: str,
) -> Interactive:
    with _streams(size, confinement) as streams, entrance(confinement) as group:
        stdin, stdout, stderr = streams.child
        transport, watched = await asyncio.get_running_loop().subprocess_exec(
            _Watched,
            *words,
            cwd=cwd,
            env=env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=streams.terminal is None,  # at a terminal it begins its own
            preexec_fn=_seated(streams.terminal, becoming(confinement, group)),
        )
    return Interactive(transport, watched, streams.own, tag)


def _seated(terminal: int | None, become: Callable[[], None]) -> Callable[[], None]:
    """The child begins its session at the terminal before it is who it becomes. It does so itself: uvloop
    would begin the session only afterwards."""
    if terminal is None:
        return become
    import fcntl  # Windows has none
    import termios

    ioctl, take = fcntl.ioctl, termios.TIOCSCTTY

    def sit_down() -> None:
        os.setsid()
        ioctl(terminal, take, 0)
        become()

    return sit_down


@contextmanager
def _streams(size: Size | None, confinement: Confinement) -> Iterator[_Streams]:
    """The child's ends are closed here afterwards; ours, too, when it could not be started."""
    streams = _pipes() if size is None else _terminal(size, confinement)
    try:
        yield streams
    except BaseException:
        for descriptor in streams.own:
            os.close(descriptor)
        raise
    finally:
        for descriptor in {*streams.child}:
            os.close(descriptor)


def _pipes() -> _Streams:
    (stdin, write), (output, stdout), (errors, stderr) = os.pipe(), os.pipe(), os.pipe()
    return _Streams((write, output, errors), (stdin, stdout, stderr), None)


def _terminal(size: Size, confinement: Confinement) -> _Streams:
    """The user's own, so that programs can open it by its name."""
    ours, theirs = os.openpty()
    _set_size(ours, size)
    if confinement.user is not None:
        os.fchown(theirs, confinement.user, -1)
    return _Streams((ours, os.dup(ours)), (theirs, theirs, theirs), theirs)


def _set_size(terminal: int, size: Size) -> None:
    import termios  # Windows has none

    termios.tcsetwinsize(terminal, (size.rows, size.columns))
