"""How a process that serves tells who started it: that it serves, and that it wants to be replaced."""

from __future__ import annotations

import _thread
import contextlib
import signal
import socket
from threading import Lock, Thread
from types import FrameType
from typing import Callable, Protocol

from webstead.gateway.failure import StartFailure
from webstead.gateway.observe.log import Log
from webstead.gateway.processes.messages import REOPEN, Failed, HandedOver, Loaded, Message, Retire, encode

__all__ = ["Adopt", "Control", "SoloControl", "WorkerControl", "receive", "reopen_on_signal"]


Adopt = Callable[[socket.socket], None]
"""Serve a connection that another worker has handed over, between two requests."""

SECONDS_TO_FINISH = 1.0
"""For what the master sent last. It is there, so this is for a thread that gets no turn."""

MOST_DESCRIPTORS = 16
"""Taken at once: each comes with a byte of its own, so there is never more than one."""


class Control(Protocol):
    """watch() comes before the app is loaded, loaded() after it; retire() from any thread, as often as one
    likes.
    """

    def watch(self, stop: Callable[[], None], reopen: Callable[[], None], adopt: Adopt | None = None) -> None:
        """stop: end gracefully; reopen: open the log files again. All are called in another thread."""
        ...

    def loaded(self) -> None: ...

    def retire(self, reason: str) -> bool:
        """Ask to be replaced; before loaded() the wish is kept until then. Returns whether that was new."""
        ...

    def hand_over(self, connection: socket.socket) -> bool:
        """While this process stops: give a connection that waits for its next request, of which nothing has
        been read, to another worker, so that the server may send that request at any moment. Returns False
        when there is none. The caller closes its own socket afterwards, without shutting it down.
        """
        ...


class WorkerControl:
    """Under a master: it starts a successor first, and then sends SIGTERM."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = Lock()
        self._serving = False
        self._reason: str | None = None
        self._listener: Thread | None = None
        self._over = False

    def run(self, work: Callable[[Control], int]) -> int:
        """The exit code of this worker. A StartFailure is not printed here: the master does so, once."""
        try:
            return work(self)
        except StartFailure as failure:
            self._send(Failed(failure))
            return failure.code
        finally:
            self._finish()

    def watch(self, stop: Callable[[], None], reopen: Callable[[], None], adopt: Adopt | None = None) -> None:
        words = (stop, reopen, adopt or socket.socket.close)
        self._listener = Thread(target=self._listen, args=words, name="master", daemon=True)
        self._listener.start()

    def loaded(self) -> None:
        self._send(Loaded())
        with self._lock:
            self._serving = True
            reason = self._reason
        if reason is not None:
            self._send(Retire(reason))

    def retire(self, reason: str) -> bool:
        with self._lock:
            if self._reason is not None:
                return False
            self._reason = reason
            if not self._serving:
                return True
        self._send(Retire(reason))
        return True

    def hand_over(self, connection: socket.socket) -> bool:
        with self._lock:
            try:
                socket.send_fds(self._channel, [encode(HandedOver())], [connection.fileno()])
            except OSError:
                return False
        return True

    def _listen(self, stop: Callable[[], None], reopen: Callable[[], None], adopt: Adopt) -> None:
        while True:
            words, given = receive(self._channel)
            for connection in given:
                if self._over:
                    self._return(connection)
                else:
                    adopt(connection)
            if not words:
                if not self._over:
                    stop()  # the master is gone
                return
            if REOPEN in words:
                reopen()

    def _return(self, connection: socket.socket) -> None:
        with connection:
            self.hand_over(connection)

    def _finish(self) -> None:
        """Take no more connections: what the master sent before it knew goes back to it."""
        self._over = True
        if self._listener is not None:
            with contextlib.suppress(OSError):  # the master was first
                self._channel.shutdown(socket.SHUT_RD)  # what waits there can still be read
            self._listener.join(SECONDS_TO_FINISH)

    def _send(self, message: Message) -> None:
        with self._lock:
            try:
                self._channel.sendall(encode(message))
            except OSError:  # the master is gone: _listen has seen it
                return


def receive(channel: socket.socket) -> tuple[bytes, list[socket.socket]]:
    """Bytes, and the sockets that came with them; b"" at the end. Raises BlockingIOError."""
    try:
        data, descriptors, _, _ = socket.recv_fds(channel, 65536, MOST_DESCRIPTORS)
    except BlockingIOError:
        raise
    except OSError:
        return b"", []
    given = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    for connection in given:
        connection.set_inheritable(False)
    return data, given


class SoloControl:
    """Without a master: this process ends gracefully; who started it (IIS, systemd, `up`) starts another. So
    it does at SIGHUP, which reloads where there is a master."""

    def __init__(self, log: Log, on_loaded: Callable[[], None] = lambda: None) -> None:
        """on_loaded: tells who started it (WEBSTEAD_REPORT_FD, systemd)."""
        self._log = log
        self._on_loaded = on_loaded
        self._stop: Callable[[], None] | None = None
        self._lock = Lock()
        self._serving = False
        self._reason: str | None = None

    def watch(self, stop: Callable[[], None], reopen: Callable[[], None], adopt: Adopt | None = None) -> None:
        self._stop = stop
        reopen_on_signal(reopen)
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # not with nohup
            _call_on(signal.SIGHUP, stop)

    def loaded(self) -> None:
        self._on_loaded()
        with self._lock:
            self._serving = True
            reason = self._reason
        if reason is not None:
            self._retire(reason)

    def retire(self, reason: str) -> bool:
        with self._lock:
            if self._reason is not None:
                return False
            self._reason = reason
            if not self._serving:
                return True
        self._retire(reason)
        return True

    def _retire(self, reason: str) -> None:
        self._log.line(f"this process stops: {reason}")
        if self._stop is not None:
            self._stop()

    def hand_over(self, connection: socket.socket) -> bool:
        return False


def reopen_on_signal(reopen: Callable[[], None]) -> None:
    """Call reopen after each SIGUSR1, where there is such a signal."""
    if hasattr(signal, "SIGUSR1"):
        _call_on(signal.SIGUSR1, reopen)


def _call_on(number: int, action: Callable[[], None]) -> None:
    """In a thread of its own: the interrupted one may hold the log's lock. `_thread`, because `threading` has
    locks of that kind too.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        _thread.start_new_thread(action, ())

    signal.signal(number, handle)
