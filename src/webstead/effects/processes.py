"""Programs run to their end, with their lines as they come. No shell, and no process left behind.

Two threads read the program's two streams into one bounded queue; the caller's thread takes the lines out, so
that `on_line` runs where `run` was called, and a slow reader slows the program instead of filling memory.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Protocol, TypedDict

from webstead.errors import RuntimeMissing

__all__ = [
    "Completed",
    "Identity",
    "OnLine",
    "Runner",
    "Start",
    "Starting",
    "Stream",
    "TimedOut",
    "as_we_are",
    "run",
]

MAX_LINE_BYTES = 64 * 1024  # as asyncio's own StreamReader; a longer line is cut into several
TAIL_LINES = 400  # a compiler's whole complaint
QUEUE_LINES = 1024
GRACE_SECONDS = 2.0  # for the last lines, when a grandchild keeps the streams open
LOOK_SECONDS = 0.2

Stream = Literal["stdout", "stderr"]
OnLine = Callable[[Stream, str], None]


@dataclass(frozen=True, slots=True)
class Completed:
    """code: the exit code, negative for a signal. tail: the last lines of both streams, without line ends."""

    code: int
    seconds: float
    tail: tuple[str, ...] = ()


class TimedOut(Exception):
    """The program did not end in time, and was killed with all that it started. tail: its last lines."""

    def __init__(self, words: Sequence[str], seconds: float, tail: tuple[str, ...]) -> None:
        super().__init__(f"{words[0]} did not end within {seconds:g} s")
        self.seconds = seconds
        self.tail = tail


class Identity(TypedDict, total=False):
    """As whom `subprocess` begins a program (POSIX); empty for ourselves."""

    user: int
    group: int
    extra_groups: Sequence[int]


class Start(Identity, total=False):
    """How it does."""

    preexec_fn: Callable[[], None] | None


Starting = Callable[[], AbstractContextManager[Start]]
"""Holds what a start needs for as long as it takes."""


def as_we_are() -> AbstractContextManager[Start]:
    """A Starting: as ourselves."""
    return nullcontext({})


class Runner(Protocol):
    """What `run` is; `RecordingRunner` is the other one."""

    def __call__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: OnLine | None = None,
        timeout: float | None = None,
        keep: Sequence[int] = (),
    ) -> Completed: ...


def run(
    words: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    on_line: OnLine | None = None,
    timeout: float | None = None,
    keep: Sequence[int] = (),
    starting: Starting = as_we_are,
) -> Completed:
    """Run a program to its end.

    env: its whole environment. on_line(stream, line) gets each line as it comes, decoded as UTF-8 with
    replacement. timeout: seconds. keep: descriptors that the program inherits (POSIX). starting: as
    whom it begins. The program gets no
    standard input and a process group of its own, which is killed when this function is left by any
    exception, KeyboardInterrupt included. Raises RuntimeMissing when the program is not there, TimedOut, and
    what on_line raises.
    """
    began = time.monotonic()
    output = _Output(_spawn(words, cwd, env, keep, starting))
    process = output.process
    try:
        in_time = output.read(on_line, None if timeout is None else began + timeout)
        if not in_time:
            raise TimedOut(words, timeout or 0.0, tuple(output.tail))
        code = process.wait()
    finally:
        output.abandoned.set()
        if process.returncode is None:
            _kill(process)
    return Completed(code, time.monotonic() - began, tuple(output.tail))


def _spawn(
    words: Sequence[str], cwd: Path, env: Mapping[str, str], keep: Sequence[int], starting: Starting
) -> subprocess.Popen[bytes]:
    try:
        with starting() as start:
            return subprocess.Popen(
                list(words),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=os.name != "nt",
                pass_fds=tuple(keep) if os.name != "nt" else (),
                **start,
            )
    except OSError as error:
        if not cwd.is_dir():  # not the program's fault
            raise
        raise RuntimeMissing(
            f"The program `{words[0]}` cannot be run",
            found=str(error),
            fix=f"Install `{words[0]}`, and see that it is on PATH and executable.",
        ) from None


class _Output:
    """The two streams of a running program. Each reader thread owns, and closes, its stream."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.abandoned = threading.Event()
        self._lines: queue.Queue[tuple[Stream, bytes]] = queue.Queue(QUEUE_LINES)
        self._open: set[Stream] = set()
        self._start("stdout", process.stdout)
        self._start("stderr", process.stderr)

    def _start(self, name: Stream, stream: IO[bytes] | None) -> None:
        if stream is not None:
            self._open.add(name)
            threading.Thread(target=self._pump, args=(name, stream), daemon=True).start()

    def _pump(self, name: Stream, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(MAX_LINE_BYTES):
                self._put(name, line)
        self._put(name, b"")

    def _put(self, name: Stream, line: bytes) -> None:
        while not self.abandoned.is_set():
            try:
                self._lines.put((name, line), timeout=LOOK_SECONDS)
            except queue.Full:
                continue
            return

    def read(self, on_line: OnLine | None, deadline: float | None) -> bool:
        """Hand on lines until both streams end, or the program has ended and GRACE_SECONDS passed without a
        line.

        Gives False when the deadline passed before the program ended.
        """
        last_word = time.monotonic()
        while self._open:
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                return self.process.poll() is not None
            try:
                self._take(on_line, LOOK_SECONDS if deadline is None else min(LOOK_SECONDS, deadline - now))
                last_word = time.monotonic()
            except queue.Empty:
                if self.process.poll() is not None and now - last_word > GRACE_SECONDS:
                    break
        return self._wait(deadline)

    def _wait(self, deadline: float | None) -> bool:
        """A program may close its streams and run on."""
        try:
            self.process.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _take(self, on_line: OnLine | None, timeout: float) -> None:
        name, line = self._lines.get(timeout=timeout)
        if not line:
            self._open.discard(name)
            return
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        self.tail.append(text)
        if on_line is not None:
            on_line(name, text)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the program and all that it started, and take its exit code, so that nothing of it stays."""
    if sys.platform == "win32":
        import psutil  # only here, where there are no process groups: it costs the start of every command

        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
