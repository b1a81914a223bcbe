"""How a process that serves tells who started it: that it serves, and that it wants to be replaced."""

from __future__ import annotations

import _thread
import signal
import socket
from threading import Lock, Thread
from types import FrameType
from typing import Callable, Protocol

from webstead.gateway.failure import StartFailure
from webstead.gateway.log import Log
from webstead.gateway.messages import REOPEN, Failed, Loaded, Message, Retire, encode

__all__ = ["Control", "SoloControl", "WorkerControl", "reopen_on_signal"]


class Control(Protocol):
    """watch() comes before the app is loaded, loaded() after it; retire() from any thread, as often as one
    likes.
    """

    def watch(self, stop: Callable[[], None], reopen: Callable[[], None]) -> None:
        """stop: end gracefully; reopen: open the log files again. Both are called in another thread."""
        ...

    def loaded(self) -> None: ...

    def retire(self, reason: str) -> None:
        """Ask to be replaced. Before loaded() it does nothing, and may be said again."""
        ...


class WorkerControl:
    """Under a master: it starts a successor first, and then sends SIGTERM."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = Lock()
        self._serving = False
        self._retired = False

    def run(self, work: Callable[[Control], int]) -> int:
        """The exit code of this worker. A StartFailure is not printed here: the master does so, once."""
        try:
            return work(self)
        except StartFailure as failure:
            self._send(Failed(failure))
            return failure.code

    def watch(self, stop: Callable[[], None], reopen: Callable[[], None]) -> None:
        Thread(target=self._listen, args=(stop, reopen), name="master", daemon=True).start()

    def loaded(self) -> None:
        self._serving = True
        self._send(Loaded())

    def retire(self, reason: str) -> None:
        with self._lock:
            if not self._serving or self._retired:
                return
            self._retired = True
        self._send(Retire(reason))

    def _listen(self, stop: Callable[[], None], reopen: Callable[[], None]) -> None:
        while True:
            try:
                words = self._channel.recv(64)
            except OSError:
                words = b""
            if not words:
                stop()  # the master is gone
                return
            if REOPEN in words:
                reopen()

    def _send(self, message: Message) -> None:
        try:
            self._channel.sendall(encode(message))
        except OSError:  # the master is gone: _listen has seen it
            return


class SoloControl:
    """Without a master: this process ends gracefully; who started it (IIS, systemd, `up`) starts another."""

    def __init__(self, log: Log, on_loaded: Callable[[], None] = lambda: None) -> None:
        """on_loaded: tells who started it (WEBSTEAD_REPORT_FD, systemd)."""
        self._log = log
        self._on_loaded = on_loaded
        self._stop: Callable[[], None] | None = None
        self._lock = Lock()
        self._serving = False
        self._retired = False

    def watch(self, stop: Callable[[], None], reopen: Callable[[], None]) -> None:
        self._stop = stop
        reopen_on_signal(reopen)

    def loaded(self) -> None:
        self._serving = True
        self._on_loaded()

    def retire(self, reason: str) -> None:
        with self._lock:
            if not self._serving or self._retired or self._stop is None:
                return
            self._retired = True
        self._log.line(f"this process stops: {reason}")
        self._stop()


def reopen_on_signal(reopen: Callable[[], None]) -> None:
    """Call reopen after each SIGUSR1, where there is such a signal, in a thread of its own: the interrupted
    one may hold the log's lock. `_thread`, because `threading` has locks of that kind too.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        _thread.start_new_thread(reopen, ())

    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, handle)
