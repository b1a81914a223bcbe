"""`webstead up` as a user runs it: a real process, its printed lines, Ctrl+C."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import psutil

from tests.ports import free_port

REPOSITORY = Path(__file__).parents[1]
WEBSTEAD = (sys.executable, "-m", "webstead")


class Answer:
    """A response, whatever its status."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()


def _environment() -> dict[str, str]:
    """The user's, who is no test: NiceGUI behaves otherwise under one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def fetch(
    url: str,
    *,
    data: bytes | None = None,
    method: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    request = Request(url, data=data, method=method, headers=dict(headers or {}))
    try:
        with build_opener(_NoRedirect).open(request, timeout=20) as response:
            return Answer(response.status, dict(response.headers), response.read())
    except HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


class Up:
    """A running `webstead up`, or another verb or program that runs until Ctrl+C. Lines are what it
    printed, standard error included."""

    def __init__(
        self,
        words: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str],
        verb: Sequence[str] = ("up",),
        program: Sequence[str] = WEBSTEAD,
    ) -> None:
        self.process = subprocess.Popen(
            [*program, *verb, *map(str, words)],
            cwd=cwd,
            env={**_environment(), **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, wanted: Callable[[str], bool], *, seconds: float = 60) -> str:
        """The first new line that fits; fails with all output when it does not come."""
        while True:
            try:
                line = self._queue.get(timeout=seconds)
            except queue.Empty:
                raise AssertionError(f"no such line within {seconds} s:\n{self.output}") from None
            if line is None:
                self._queue.put(None)
                raise AssertionError(f"ended with {self.process.wait(10)} before the line:\n{self.output}")
            self.lines.append(line)
            if wanted(line):
                return line

    def ready(self, *, seconds: float = 90) -> str:
        """The URL of the line `Ready: URL` (or `Not ready: URL …`)."""
        line = self.wait_for(lambda line: line.startswith(("Ready: ", "Not ready: ")), seconds=seconds)
        return line.split("eady: ")[1].split(" ")[0]

    def end(self, *, seconds: float = 60) -> int:
        """Waits until it ended by itself; its exit code."""
        code = self.process.wait(seconds)
        self.drain()
        return code

    def wait_for_answer(self, url: str, wanted: Callable[[Answer], bool], *, seconds: float = 20) -> Answer:
        """Ask until the answer fits; each question may cause what is waited for."""
        deadline = time.monotonic() + seconds
        while not wanted(answer := fetch(url)):
            assert time.monotonic() < deadline, (
                f"never: {answer.status}\n{answer.body.decode(errors='replace')}"
            )
        return answer

    def drain(self) -> None:
        self._reader.join(10)
        self.drain_lines()

    def drain_lines(self) -> None:
        """Take up what has been printed so far."""
        while not self._queue.empty():
            line = self._queue.get()
            if line is not None:
                self.lines.append(line)

    def family(self) -> list[psutil.Process]:
        """Every process that it started, and their children."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def interrupt(self) -> int:
        """Ctrl+C; its exit code. Fails when it takes longer than promised or leaves a process behind."""
        family = self.family()
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(6)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running 6 s after Ctrl+C:\n{self.output}") from None
        _, alive = psutil.wait_procs(family, timeout=1)
        assert not alive, f"left behind: {alive}"
        self.drain()
        return code

    def __enter__(self) -> Up:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            family = self.family()
            self.process.kill()
            self.process.wait()
            for member in family:
                if member.is_running():
                    member.kill()
        self.drain()


@contextmanager
def live(
    folder: Path, *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Up]:
    """`webstead up FOLDER --port 0 …`, killed at the end if it still runs."""
    with Up((folder, "--port", "0", *words), cwd=cwd or folder, env=env or {}) as up:
        yield up


@contextmanager
def served(words: Sequence[str], env: Mapping[str, str], *, cwd: str | Path = "/") -> Iterator[str]:
    """The address of a program that listens on HOST and PORT, once it answers; SIGTERM ends it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    own = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port), **env}
    process = subprocess.Popen(list(words), cwd=cwd, env=own, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                fetch(url)
                break
            except URLError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < until, "it does not answer"
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
