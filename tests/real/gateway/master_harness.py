"""A master and its workers as real processes, whose output can be waited for; clients that never rest."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from webstead.formats.fastcgi.client import End

from .conftest import APPS, SECONDS, Answer, Peer

SOURCE = Path(__file__).parents[3] / "src"
GATEWAY = SOURCE / "webstead" / "gateway"
WHOLE = re.compile(rb"(one|two|three) (\d+) x{5000} end\Z")


class MasterProcess:
    """words: more options of the gateway. All it and its workers write is in `output`."""

    def __init__(
        self,
        folder: Path,
        workers: int = 2,
        words: Sequence[str] = (),
        target: str = "site_of_test:app",
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        prefix: Sequence[str] = (sys.executable,),
        bind: str = "",
    ) -> None:
        self.folder = folder
        self.path = folder / "s"
        self.site = folder / "site_of_test.py"
        if not self.site.exists():
            self.site.write_text((APPS / "master_site.py").read_text())
        self.output = ""
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [
                *(*prefix, str(GATEWAY), "--bind", bind or f"unix:{self.path}"),
                *("--workers", str(workers), *words, target),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            env={
                **os.environ,
                "PYTHONDONTWRITEBYTECODE": "1",  # files that change within one second
                "PYTHONUNBUFFERED": "1",
                **(env or {}),
            },
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            while data := os.read(stream.fileno(), 65536):
                with self._changed:
                    self.output += data.decode()
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def expect(self, pattern: str, times: int = 1, seconds: float = SECONDS) -> list[str]:
        """Wait until the output has so many matches; what the groups matched."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: len(re.findall(pattern, self.output)) >= times or not self._reader.is_alive(), seconds
            )
            matches: list[str] = re.findall(pattern, self.output)
            assert found, f"{pattern!r} {times} times, after {seconds} s:\n{self.output}\n{self._states()}"
            assert len(matches) >= times, f"{pattern!r} {times} times:\n{self.output}"
            return matches

    def serving(self, times: int = 2) -> None:
        """Wait until so many workers in all have said that they serve."""
        self.expect(r"worker \d+ serves", times)

    def _states(self) -> str:
        """What the master and its workers do now, and in which call of the system they wait."""
        lines = [f"load {os.getloadavg()}"]
        for process in (master := psutil.Process(self.process.pid)), *master.children(recursive=True):
            with suppress(psutil.Error, OSError):
                waits = Path(f"/proc/{process.pid}/wchan").read_text()
                age = time.time() - process.create_time()
                lines.append(
                    f"{process.pid} {process.status()} in {waits}, {age:.1f} s old, {process.cpu_times()}"
                )
        return "\n".join(lines)

    def workers(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    @staticmethod
    def until(happened: Callable[[], bool], seconds: float = SECONDS) -> bool:
        """Whether it happens in that time; asked again and again, since nobody tells."""
        deadline = time.monotonic() + seconds
        while not (done := happened()) and time.monotonic() < deadline:
            os.sched_yield()
        return done

    def peer(self) -> Peer:
        return Peer(self.path)

    def get(self, path: str = "/") -> Answer:
        with self.peer() as peer:
            return peer.get(path)

    def change(self, old: str, new: str) -> None:
        text = self.site.read_text()
        assert old in text
        changed = self.site.with_suffix(".new")
        changed.write_text(text.replace(old, new))
        changed.replace(self.site)

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self, seconds: float = SECONDS) -> int:
        """The exit code, when the master and all that held its output have ended."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        assert not self._reader.is_alive(), f"a worker outlives its master:\n{self.output}"
        return code

    def __enter__(self) -> MasterProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children()]
            for process in family:
                process.kill()
            psutil.wait_procs(family, timeout=SECONDS)
            self.process.wait(SECONDS)
        self._reader.join(SECONDS)


class Steady:
    """Clients in threads that ask one request after another until the end of the block.

    keeping: on one connection each, as nginx and IIS do, which ask again on a new one when a connection was
    closed before anything was answered; else on a new connection for each request, where nothing is asked
    again.
    """

    def __init__(self, path: Path, keeping: int = 2, fresh: int = 2) -> None:
        self._path = path
        self.answers: list[bytes] = []
        self.failures: list[str] = []
        self.repeated = 0
        self._over = threading.Event()
        self._changed = threading.Condition()
        loops: list[Callable[[], None]] = [self._keep] * keeping + [self._renew] * fresh
        self._threads = [threading.Thread(target=loop) for loop in loops]

    def _keep(self) -> None:
        peer: Peer | None = None
        while not self._over.is_set():
            if peer is None:
                peer = Peer(self._path)
            answer = self._ask(peer, keep=True)
            if answer.end is not None or answer.status:
                self._check(answer)
            else:
                self.repeated += 1
                peer.socket.close()
                peer = None
        if peer is not None:
            peer.socket.close()

    def _renew(self) -> None:
        while not self._over.is_set():
            with Peer(self._path) as peer:
                self._check(self._ask(peer, keep=False))

    def _ask(self, peer: Peer, *, keep: bool) -> Answer:
        try:
            peer.ask("/", keep=keep)
        except (BrokenPipeError, ConnectionResetError):
            return Answer()
        return peer.answer()

    def _check(self, answer: Answer) -> None:
        whole = WHOLE.match(answer.body)
        if answer.status != 200 or whole is None or answer.end != End(0, 0):
            self.failures.append(f"{answer.status} {answer.body[:60]!r} {answer.end}")
            return
        with self._changed:
            self.answers.append(whole.group(1) + b" " + whole.group(2))
            self._changed.notify_all()

    def more(self, count: int = 200) -> None:
        """Wait until so many more requests have been answered."""
        with self._changed:
            goal = len(self.answers) + count
            assert self._changed.wait_for(lambda: len(self.answers) >= goal or bool(self.failures), SECONDS)

    def __enter__(self) -> Steady:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive()
