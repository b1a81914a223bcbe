"""When to stop: SIGTERM, SIGINT, or the end of the lifeline, a pipe that the supervisor holds open while it
lives.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Lock, Thread
from types import FrameType
from typing import Callable

__all__ = ["GRACE_SECONDS", "LIFELINE_VARIABLE", "Stop"]

GRACE_SECONDS = 10.0
"""How long requests in progress may take after a stop was asked for. Precedents: gunicorn 30 s, uWSGI 60 s,
IIS shutdownTimeLimit 10 s (httpPlatform), Docker 10 s before it kills."""

LIFELINE_VARIABLE = "WEBSTEAD_LIFELINE_FD"


class Stop:
    """Calls `action` at the first reason to stop. action is replaced when the app has been loaded: until then
    there is nothing to finish. abandon: what must be done before a sudden end.

    A second signal of the same kind, or the end of the grace, ends the process at once.
    """

    def __init__(self, abandon: Callable[[], None], grace: float = GRACE_SECONDS) -> None:
        self._abandon = abandon
        self._seconds = grace
        self.action: Callable[[], None] = self._leave
        self._seen: set[int] = set()
        self._grace = Lock()
        self._grace.acquire()

    def on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def on_lifeline(self, fd: int) -> None:
        Thread(target=self._hold, args=(fd,), name="lifeline", daemon=True).start()

    def watch_grace(self) -> None:
        """Wait, in a thread that is there beforehand: a signal handler is no place to start one."""
        Thread(target=self._watch, name="grace", daemon=True).start()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number in self._seen:
            self._leave(128 + number)
        self._seen.add(number)
        self._begin()

    def _begin(self) -> None:
        self.action()
        if self._grace.locked():
            self._grace.release()

    def _hold(self, fd: int) -> None:
        while os.read(fd, 64):
            pass
        self._begin()

    def _watch(self) -> None:
        self._grace.acquire()
        self._grace.acquire(timeout=self._seconds)
        sys.stderr.write(f"warning: stopped with requests that did not finish within {self._seconds:g} s\n")
        self._leave()

    def _leave(self, code: int = 0) -> None:
        self._abandon()
        os._exit(code)
