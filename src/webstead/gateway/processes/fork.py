"""Workers as processes: fork one, and read from it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Sequence

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.processes.control import WorkerControl, receive
from webstead.gateway.processes.messages import ADOPT, REOPEN, Lines, Message
from webstead.gateway.processes.signal_pipe import SignalPipe, held_signals

__all__ = ["Child", "describe", "exit_code", "fork_worker", "require_fork"]


def require_fork() -> None:
    """Raises StartFailure (BAD_USAGE) on Windows."""
    if not hasattr(os, "fork"):
        fix = "Leave --workers out. IIS starts as many processes as maxInstances says."
        raise StartFailure(BAD_USAGE, "There are no workers on this system.", "it cannot fork", fix)


class Child:
    """A worker as the master sees it."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self._channel = channel
        self._lines = Lines()
        self._ended = False
        channel.setblocking(False)

    def fileno(self) -> int:
        return self._channel.fileno()

    def read(self) -> tuple[list[Message], list[socket.socket], bool]:
        """What it said, the connections that it handed over, and whether there may be more."""
        messages: list[Message] = []
        connections: list[socket.socket] = []
        while not self._ended:
            try:
                data, given = receive(self._channel)
            except BlockingIOError:
                break
            self._ended = not data
            messages += self._lines.feed(data)
            connections += given
        return messages, connections, not self._ended

    def adopt(self, connection: socket.socket) -> bool:
        """Give it a connection to serve. Returns whether it can take one now."""
        try:
            socket.send_fds(self._channel, [ADOPT], [connection.fileno()])
        except OSError:
            return False
        return True

    def reopen(self) -> None:
        try:
            self._channel.send(REOPEN)
        except OSError:  # it is about to end, or has been told so often already
            return

    def kill(self, number: int) -> None:
        """It has not been waited for yet, so its number is still its own."""
        os.kill(self.pid, number)

    def close(self) -> None:
        self._channel.close()


def fork_worker(signals: SignalPipe, closing: Sequence[Child | socket.socket]) -> Child | WorkerControl:
    """In the master a Child, in the worker its WorkerControl. Raises OSError (no process, no descriptors).

    The signals wait meanwhile: one that came between fork and `leave` would be written into the master's
    pipe. closing: what the worker closes: the master's ends of its siblings' channels, or they would not see
    the master's end, and connections on their way to another worker.
    """
    ours, theirs = socket.socketpair()
    held = signal.pthread_sigmask(signal.SIG_BLOCK, held_signals())
    try:
        pid = os.fork()
        if pid == 0:
            signals.leave()
            for foreign in closing:
                foreign.close()
    except OSError:
        ours.close()
        theirs.close()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    if pid == 0:
        ours.close()
        return WorkerControl(theirs)
    theirs.close()
    return Child(pid, ours)


def exit_code(status: int) -> int:
    """Of a waitpid status: the exit code, or 128 and the signal, as a shell has it."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def describe(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return f"exit code {os.WEXITSTATUS(status)}"
    try:
        return signal.Signals(os.WTERMSIG(status)).name
    except ValueError:  # a real-time signal
        return f"signal {os.WTERMSIG(status)}"
