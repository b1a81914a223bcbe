"""One connection from the server: its socket, its codec, and the waiting that both need."""

from __future__ import annotations

import contextlib
import select
import socket
from collections import deque

from webstead.formats.fastcgi.server import Aborted, Reply, ServerConnection, ServerEvent

__all__ = ["RECEIVE_BYTES", "SECONDS_TO_WAIT", "Connection", "PeerGone"]

RECEIVE_BYTES = 65536
"""One recv: a small request whole; of a long body two to four records as nginx sends them."""

SECONDS_TO_WAIT = 60.0
"""How long a thread waits for the server to send or take the next bytes. Precedents: nginx send_timeout and
client_body_timeout 60 s, mod_fcgid FcgidIOTimeout 40 s."""


class PeerGone(ConnectionError):
    """The server closed the connection, aborted the request, or stopped taking bytes. Nobody waits for the
    response.
    """


class Connection:
    """A connection belongs to one thread at a time: to the polling one while `registered`, else to the one
    serving it.

    aborted: the server said so of the request in progress. later: events behind the request that were read
    with it. closed: it is, or is to be as soon as it is out of the poller. draining: the response is out, and
    what still comes is thrown away until the server closes.
    """

    __slots__ = ("aborted", "closed", "codec", "draining", "fd", "later", "registered", "socket")

    def __init__(self, accepted: socket.socket, codec: ServerConnection) -> None:
        self.socket = accepted
        self.fd = accepted.fileno()
        self.codec = codec
        self.later: deque[ServerEvent] = deque()
        self.registered = False
        self.aborted = False
        self.closed = False
        self.draining = False

    def send(self, data: bytes) -> None:
        """Send all of data, waiting where the socket is full. Raises PeerGone."""
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise PeerGone(str(error)) from None
        if sent < len(data):
            self._send_rest(memoryview(data)[sent:])

    def _send_rest(self, rest: memoryview) -> None:
        while rest:
            self._wait(select.POLLOUT)
            try:
                rest = rest[self.socket.send(rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise PeerGone(str(error)) from None

    def next_event(self) -> ServerEvent:
        """The next event of the request in progress, waiting for it. Raises PeerGone, RemoteProtocolError."""
        while True:
            while not self.later:
                self._receive()
            event = self.later.popleft()
            if type(event) is not Reply:
                self.aborted = self.aborted or type(event) is Aborted
                return event
            self.send(event.data)

    def _receive(self) -> None:
        self._wait(select.POLLIN)
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise PeerGone(str(error)) from None
        if not data:
            raise PeerGone("the server closed the connection")
        self.later.extend(self.codec.feed(data))

    def _wait(self, what: int) -> None:
        poll = select.poll()
        poll.register(self.fd, what)
        if not poll.poll(SECONDS_TO_WAIT * 1000):
            raise PeerGone(f"nothing moved for {SECONDS_TO_WAIT:.0f} seconds")

    def stop_sending(self) -> None:
        """Say that the response is over while the server may still be sending: closing now could lose the
        response.
        """
        self.draining = True
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.closed = True

    def close(self) -> None:
        """Close for good. A child that the app forked may hold the socket too: the server must see the end
        all the same.
        """
        self.closed = True
        with contextlib.suppress(OSError):  # the server was first
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
