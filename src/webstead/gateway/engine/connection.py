"""A FastCGI connection as who serves a request sees it: bytes out, events in, and the waiting for both."""

from __future__ import annotations

import contextlib
import os
import socket
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from webstead.formats.fastcgi.records import Buffer, RemoteProtocolError
from webstead.formats.fastcgi.server import Aborted, Reply, ServerConnection, ServerEvent
from webstead.gateway.engine.poller import wait_for

if TYPE_CHECKING:
    from webstead.gateway.engine.multiplex import Trunk
    from webstead.gateway.engine.reading import Reading

__all__ = [
    "RECEIVE_BYTES",
    "SECONDS_TO_LOOK",
    "SECONDS_TO_WAIT",
    "Connection",
    "PeerGone",
    "SocketConnection",
    "send_replies",
]

RECEIVE_BYTES = 65536
"""One recv: a small request whole; of a long body two to four records as nginx sends them."""

SECONDS_TO_WAIT = 60.0
"""How long a thread waits for the server to send or take the next bytes. Precedents: nginx send_timeout and
client_body_timeout 60 s, mod_fcgid FcgidIOTimeout 40 s."""

SECONDS_TO_LOOK = 1.0
"""How often a thread that waits for a body looks whether its request is over."""

_MORE = getattr(socket, "MSG_MORE", 0)
_SENDS_FILES = hasattr(os, "sendfile")


class PeerGone(ConnectionError):
    """The server closed the connection, aborted the request, or stopped taking bytes. Nobody waits for the
    response.
    """


class Connection(Protocol):
    """aborted: the server said so of the request in progress. later: events behind the request that were read
    with it. closed: it is, or is to be as soon as nobody polls it. draining: the response is out, and what
    still comes is thrown away until the server closes. reading: of the request in progress, when its body has
    not come whole.
    """

    codec: ServerConnection
    later: deque[ServerEvent]
    aborted: bool
    closed: bool
    draining: bool
    reading: Reading | None

    def send(self, data: Buffer) -> None:
        """Send all of data, waiting where there is no room. Raises PeerGone."""

    def send_file(self, head: bytes, file: int, offset: int, count: int) -> None:
        """Send head, then count bytes of an open file from offset. Raises PeerGone, also when the file ends
        before."""

    def look(self, request_id: int) -> None:
        """Between two pieces of a response: hear of an abort, where that can be done without waiting. Raises
        PeerGone."""

    def await_more(self, reading: Reading) -> None:
        """Wait until there is something for take_in(). Raises PeerGone, RemoteProtocolError, and what
        reading.check() raises."""

    def take_in(self) -> None:
        """Without waiting, add what has come to `later`. Raises PeerGone, RemoteProtocolError."""

    def end_reading(self) -> None:
        """Of a request that has a `reading`, and is over: no thread takes anything from the connection any
        more."""

    def send_last(self, request_id: int, data: bytes) -> None:
        """Send what ends with the END_REQUEST of a request: it is over, and the connection ready for the next
        one, draining, or closed. Raises PeerGone."""

    def stop_sending(self) -> None:
        """Say that nothing more comes while the server may still be sending: closing now could lose what it
        has not read yet."""

    def cut(self) -> None:
        """End it for both sides, from any thread: what waits on it raises PeerGone."""


def send_replies(connection: Connection) -> None:
    """Of what was read behind a request that is over: what the protocol answers; the rest of its body is of
    no interest now. Raises PeerGone.
    """
    while connection.later:
        event = connection.later.popleft()
        if type(event) is Reply:
            connection.send(event.data)


def read_part(file: int, offset: int, count: int) -> bytes:
    """count bytes of an open file, at most one record. Raises PeerGone when it ends before: the response
    cannot be what it said.
    """
    try:
        os.lseek(file, offset, os.SEEK_SET)
        data = os.read(file, count)
    except OSError as error:
        raise PeerGone(str(error)) from None
    if len(data) < count:
        raise PeerGone("the file ended before its size")
    return data


def _stood_still() -> PeerGone:
    return PeerGone(f"nothing moved for {SECONDS_TO_WAIT:.0f} seconds")


class SocketConnection:
    """A Connection on a socket that does not block. It belongs to one thread at a time: to the polling one
    while `registered`, else to the one serving it.

    stale: nothing has come since the last look at connections that stopped in the middle of a request. trunk:
    of a connection that several requests share.
    """

    __slots__ = (
        "aborted",
        "closed",
        "codec",
        "draining",
        "fd",
        "later",
        "reading",
        "registered",
        "socket",
        "stale",
        "trunk",
    )

    def __init__(self, accepted: socket.socket, codec: ServerConnection) -> None:
        self.socket = accepted
        self.fd = accepted.fileno()
        self.codec = codec
        self.later: deque[ServerEvent] = deque()
        self.registered = False
        self.aborted = False
        self.closed = False
        self.draining = False
        self.stale = False
        self.reading: Reading | None = None
        self.trunk: Trunk | None = None

    def send(self, data: Buffer) -> None:
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
            self._await_room()
            try:
                rest = rest[self.socket.send(rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise PeerGone(str(error)) from None

    def has_room(self) -> bool:
        """Whether an answer of our own, which is short, can be sent without waiting."""
        return wait_for(self.fd, writing=True, seconds=0)

    def send_file(self, head: bytes, file: int, offset: int, count: int) -> None:
        if not _SENDS_FILES:
            self.send(head + read_part(file, offset, count))
            return
        try:
            self.socket.send(head, _MORE)  # held back, to leave with the file's first bytes
        except BlockingIOError:
            self.send(head)
        except OSError as error:
            raise PeerGone(str(error)) from None
        while count:
            sent = self._send_from(file, offset, count)
            offset += sent
            count -= sent

    def _send_from(self, file: int, offset: int, count: int) -> int:
        try:
            sent = os.sendfile(self.fd, file, offset, count)
        except BlockingIOError:
            self._await_room()
            return 0
        except OSError as error:
            raise PeerGone(str(error)) from None
        if not sent:
            raise PeerGone("the file ended before its size")
        return sent

    def look(self, request_id: int) -> None:
        if self.codec.body_open(request_id):
            return  # what comes is the body, for who reads it
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except OSError:  # nothing; or an end, which the next send finds
            return
        try:
            self.later.extend(self.codec.feed(data))
        except RemoteProtocolError as error:
            raise PeerGone(str(error)) from None
        if any(type(event) is Aborted for event in self.later):
            self.aborted = True
            raise PeerGone("the server aborted the request")

    def await_more(self, reading: Reading) -> None:
        until = monotonic() + SECONDS_TO_WAIT
        while not wait_for(self.fd, writing=False, seconds=min(SECONDS_TO_LOOK, SECONDS_TO_WAIT)):
            reading.check()
            if monotonic() >= until:
                raise _stood_still()

    def take_in(self) -> None:
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise PeerGone(str(error)) from None
        if not data:
            raise PeerGone("the server closed the connection")
        self.later.extend(self.codec.feed(data))

    def end_reading(self) -> None:
        if self.reading is not None:
            self.reading.finish()
            self.reading = None

    def _await_room(self) -> None:
        if not wait_for(self.fd, writing=True, seconds=SECONDS_TO_WAIT):
            raise _stood_still()

    def send_last(self, request_id: int, data: bytes) -> None:
        if self.reading is not None:
            self.end_reading()
        keep = self.codec.done(request_id)
        self.send(data)
        self.aborted = False
        if self.later:
            send_replies(self)
        if keep:
            return
        if self.codec.unread:
            self.stop_sending()
        else:
            self.closed = True

    def stop_sending(self) -> None:
        self.draining = True
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.closed = True

    def stop_receiving(self) -> None:
        """What has come can still be read, then the end."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RD)

    def cut(self) -> None:
        with contextlib.suppress(OSError):  # the server was first
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close for good. A child that the app forked may hold the socket too: the server must see the end
        all the same.
        """
        self.closed = True
        self.cut()
        self.socket.close()
