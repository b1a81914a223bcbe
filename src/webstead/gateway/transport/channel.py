"""A channel: one connected stream, both ways, that is read with blocking calls. IIS hands over a pipe, on
Unix it is any connected socket.

Waiting for a socket and for a wake-up at once would cost a second system call for each request (measured: 25
µs more for 25 to 50 µs). So receive() waits in recv alone, and interrupt() makes the socket non-blocking and
then wakes the thread that is in recv with a signal nobody uses: recv is tried again, and finds nothing.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import stat
import struct
import threading
from threading import get_ident
from time import monotonic
from types import FrameType
from typing import Protocol, runtime_checkable

from webstead.formats.fastcgi.records import Buffer
from webstead.gateway.engine.connection import RECEIVE_BYTES, SECONDS_TO_WAIT

__all__ = [
    "SECONDS_OF_SILENCE",
    "SECONDS_TO_LINGER",
    "Channel",
    "ChannelListener",
    "SocketChannel",
    "describe",
]

SECONDS_TO_LINGER = 30.0
"""How long close() goes on reading what the server still sends: closing over unread bytes would destroy the
response on its way. Precedent: nginx lingering_time 30 s."""

SECONDS_OF_SILENCE = 2.0
"""After so much silence close() reads no more. Precedents: nginx lingering_timeout 5 s, Apache 2 s."""


class Channel(Protocol):
    """One thread receives. Others may send meanwhile, one at a time."""

    def receive(self) -> bytes:
        """Some bytes, waiting for them; b"" at the end, and after interrupt() once. Raises OSError."""
        ...

    def send(self, data: Buffer) -> None:
        """Send all of data. Raises OSError."""
        ...

    def interrupt(self) -> None:
        """Let what waits in receive(), or else a next receive(), return b"" once: at the latest when it has
        nothing more to return. No byte is lost by it. From any thread or signal handler.
        """
        ...

    def close(self) -> None:
        """Close for good; what was sent arrives, as far as that depends on us."""
        ...


@runtime_checkable
class ChannelListener(Protocol):
    """What gives one channel after the other."""

    def accept(self) -> Channel | None:
        """The next channel, waiting for it; None at the end, and after interrupt()."""
        ...

    def interrupt(self) -> None: ...

    def close(self) -> None: ...


class SocketChannel:
    """A connected stream socket, on Unix. patience: seconds that send() waits for room. reader: the thread
    that is in recv, else 0.
    """

    def __init__(self, connected: socket.socket, patience: float = SECONDS_TO_WAIT) -> None:
        self._socket = connected
        self._fd = connected.fileno()
        self.reader = 0
        self._rouses = _keep_for_waking()
        connected.settimeout(None)
        self._patience = patience / 2  # in send, and then in poll
        limit = struct.pack("@ll", int(self._patience), int(self._patience % 1 * 1e6))  # a struct timeval
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        if connected.family in (socket.AF_INET, socket.AF_INET6):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self) -> bytes:
        self.reader = get_ident()
        try:
            return self._socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            os.set_blocking(self._fd, True)
            return b""
        finally:
            self.reader = 0

    def send(self, data: Buffer) -> None:
        sent = self._send(data)
        if sent < len(data):
            rest = memoryview(data)[sent:]
            while rest:
                rest = rest[self._send(rest) :]

    def _send(self, data: Buffer) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:  # the socket's own limit, or it was interrupted
            if not _is_ready(self._fd, select.POLLOUT, self._patience):
                raise TimeoutError(f"nothing moved for {2 * self._patience:g} seconds") from None
            return 0

    def interrupt(self) -> None:
        try:
            os.set_blocking(self._fd, False)
        except OSError:  # closed meanwhile: nobody waits
            return
        reader = self.reader
        if not reader or reader == get_ident():  # recv is not running, or this handler interrupts it
            return
        if self._rouses:
            signal.pthread_kill(reader, signal.SIGURG)
        else:  # what the system holds can still be read, but no more
            self._socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """A child that the app forked may hold the socket too: the server must see the end all the same."""
        with contextlib.suppress(OSError):  # the server was first
            self._socket.shutdown(socket.SHUT_WR)
            self._linger()
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._fd = -1

    def _linger(self) -> None:
        until = monotonic() + SECONDS_TO_LINGER
        while monotonic() < until and _is_ready(self._fd, select.POLLIN, SECONDS_OF_SILENCE):
            if not self._socket.recv(RECEIVE_BYTES):
                return


def _is_ready(fd: int, what: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fd, what)
    return bool(poll.poll(seconds * 1000))


def _keep_for_waking() -> bool:
    """Give SIGURG, which does nothing by itself, a handler: only then does it interrupt a system call.
    Returns whether it has one; only the main thread can set it.
    """
    if signal.getsignal(signal.SIGURG) is signal.SIG_DFL:
        if threading.current_thread() is not threading.main_thread():
            return False
        signal.signal(signal.SIGURG, _do_nothing)
    return callable(signal.getsignal(signal.SIGURG))


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """That the call was interrupted is all."""


_KINDS = (
    (stat.S_ISFIFO, "a pipe, which carries bytes one way only"),
    (stat.S_ISREG, "a file"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def describe(fd: int) -> str:
    """What a file descriptor is, for people."""
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return "closed"
    if os.isatty(fd):
        return "a terminal"
    if stat.S_ISCHR(mode):
        return "no input at all" if _is_null(fd) else "a device"
    return next((text for test, text in _KINDS if test(mode)), "of an unknown kind")


def _is_null(fd: int) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(os.devnull))
    except OSError:
        return False
