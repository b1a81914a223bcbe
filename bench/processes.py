"""Starting, awaiting and stopping the processes of a contender."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ContenderError", "Running", "answers_with", "run_to_end", "running", "wait_until"]

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.005
TAIL_BYTES = 2000


class ContenderError(Exception):
    """A contender did not start, died, or answered something else than the app's own answer."""


@dataclass(frozen=True, slots=True)
class Running:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def tail(self) -> str:
        """The last words it wrote, for the error message."""
        return self.log.read_bytes()[-TAIL_BYTES:].decode("utf-8", "replace").strip()


@contextlib.contextmanager
def running(
    name: str,
    words: Sequence[str],
    *,
    directory: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    stdin: socket.socket | None = None,
) -> Iterator[Running]:
    """A process with a group of its own: whatever it started ends with it. stdin: None for nothing to
    read."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL if stdin is None else stdin.fileno(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Running(name, process, log)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the group to end; ends it if it does not."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    if process.poll() is None:
        raise ContenderError(f"process {process.pid} does not end")


def run_to_end(
    words: Sequence[str], *, environment: Mapping[str, str] | None = None, limit: float = 300
) -> str:
    """Runs a command that ends by itself, and returns what it wrote."""
    try:
        done = subprocess.run(
            words,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ContenderError(f"{' '.join(words)} does not end within {limit:.0f} s") from error
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise ContenderError(f"{' '.join(words)} ended with code {done.returncode}:\n{text[-TAIL_BYTES:]}")
    return text


def wait_until(running: Running, condition: Callable[[], bool], what: str) -> None:
    """Waits until the condition holds; an error when the process dies or START_SECONDS pass first."""
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        code = running.process.poll()
        if code is not None:
            raise ContenderError(f"{running.name} ended with code {code}:\n{running.tail()}")
        if time.monotonic() > deadline:
            raise ContenderError(f"{running.name}: no {what} after {START_SECONDS:.0f} s\n{running.tail()}")
        time.sleep(POLL_SECONDS)


def answers_with(url: str, body: bytes) -> bool:
    """Whether the URL answers 200 with exactly this body."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200 and answer.read() == body)
    except (OSError, urllib.error.URLError):
        return False
