"""When to stop: SIGTERM, SIGINT, or the end of the lifeline, a pipe that the supervisor holds open while it
lives.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from threading import Lock, Thread, local
from types import FrameType
from typing import Callable

__all__ = ["GRACE_SECONDS", "LIFELINE_VARIABLE", "Stop"]

GRACE_SECONDS = 10.0
"""How long requests in progress may take after a stop was asked for. Precedents: gunicorn 30 s, uWSGI 60 s,
IIS shutdownTimeLimit 10 s (httpPlatform), Docker 10 s before it kills."""

LIFELINE_VARIABLE = "WEBSTEAD_LIFELINE_FD"


_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})


class Stop:
    """Calls `action` at the first reason to stop. action is replaced when the app has been loaded: until then
    there is nothing to finish, see at_once(). abandon: what must be done before a sudden end.

    A second signal of the same kind, or the end of the grace, ends the process at once.
    """

    def __init__(self, abandon: Callable[[], None]) -> None:
        self._abandon = abandon
        self.action: Callable[[], None] = self._leave
        self._hearing = False
        self._seen: set[int] = set()
        self._masks = local()  # a thread's, while it forks
        self._chances = [True]  # to begin: one
        self._grace = Lock()
        self._grace.acquire()

    def on_signals(self) -> None:
        """Python runs handlers in the main thread, and of several signals at once the system may give one to
        another thread, which does not wake the main one: so each signal also leaves a byte for a thread that
        waits for nothing else. Called again it does nothing.
        """
        if self._hearing:
            return
        self._hearing = True
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        if sys.platform == "win32":  # there signals are of the C library alone, and IIS sends none
            return
        reading, self._writing = socket.socketpair()
        self._writing.setblocking(False)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        os.register_at_fork(before=self._hold_back, after_in_parent=self._let_in, after_in_child=self._forget)
        Thread(target=self._hear, args=(reading,), name="signals", daemon=True).start()

    def _hold_back(self) -> None:
        """Before the app forks: a signal that the child got before _forget would be told to us, and lost to
        it."""
        if sys.platform != "win32":
            self._masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)

    def _let_in(self) -> None:
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_SETMASK, self._masks.before)

    def _forget(self) -> None:
        """In a child that the app forked: its signals are not ours, and end it, unless the app says
        otherwise."""
        signal.set_wakeup_fd(-1)
        for number in _ENDING:
            if signal.getsignal(number) == self._on_signal:
                signal.signal(number, signal.SIG_DFL)
        self._let_in()

    def _hear(self, reading: socket.socket) -> None:
        while True:
            if _ENDING.intersection(reading.recv(64)):
                self.begin()

    def on_lifeline(self, fd: int) -> None:
        Thread(target=self._hold, args=(fd,), name="lifeline", daemon=True).start()

    def watch_grace(self, seconds: float = GRACE_SECONDS) -> None:
        """Wait, in a thread that is there beforehand: a signal handler is no place to start one."""
        Thread(target=self._watch, args=(seconds,), name="grace", daemon=True).start()

    @property
    def begun(self) -> bool:
        """Whether there has been a reason to stop."""
        return not self._chances

    def at_once(self) -> None:
        """From now on a stop is the end of the process: there is nothing that could be finished."""
        self.action = self._leave

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number in self._seen:
            self._leave(128 + number)
        self._seen.add(number)
        self.begin()

    def begin(self) -> None:
        """Stop gracefully, for whatever reason. Any thread; what comes after the first call is not heard."""
        try:
            self._chances.pop()  # in one step, for all threads and handlers
        except IndexError:
            return
        self.action()
        self._grace.release()

    def _hold(self, fd: int) -> None:
        while os.read(fd, 64):
            pass
        self.begin()

    def _watch(self, seconds: float) -> None:
        self._grace.acquire()
        self._grace.acquire(timeout=seconds)
        sys.stderr.write(f"warning: stopped with requests that did not finish within {seconds:g} s\n")
        self._leave()

    def _leave(self, code: int = 0) -> None:
        self._abandon()
        os._exit(code)
