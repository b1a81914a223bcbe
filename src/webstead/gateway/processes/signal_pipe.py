"""Signals as bytes to read: the master does nothing in a handler, it polls."""

from __future__ import annotations

import signal
import socket
from types import FrameType

__all__ = ["SignalPipe", "held_signals"]


def held_signals() -> set[signal.Signals]:
    """What a master listens to; a worker inherits none of it."""
    return {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD}


class SignalPipe:
    """Only in the main thread. A signal that comes while the pipe is full is lost: 200 KB of them wait."""

    def __init__(self) -> None:
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)

    def open(self) -> None:
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in held_signals():
            signal.signal(number, _note)

    def fileno(self) -> int:
        return self._reading.fileno()

    def read(self) -> bytes:
        """The numbers of the signals since the last read, in their order."""
        try:
            return self._reading.recv(65536)
        except BlockingIOError:
            return b""

    def leave(self) -> None:
        """In a worker: the pipe is the master's. SIGTERM, SIGINT and SIGCHLD are as in a new process; SIGHUP
        and SIGUSR1 do nothing, since whoever sends them to all processes of the group means the master.
        """
        self.close()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        self._reading.close()
        self._writing.close()


def _note(number: int, frame: FrameType | None) -> None:
    """The byte in the pipe is all. Not SIG_IGN, which the processes that an app starts would inherit."""
