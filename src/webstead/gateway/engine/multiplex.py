"""Several requests on one connection: each has a lane of its own, which looks like a connection.

A lane's body is received whole before its app runs (in memory, and a long one on disk), because nobody may
stop reading for the sake of one request. The polling thread alone reads; any thread may send a response, but
what the polling thread itself has to say waits for no other. Where it runs the app, too, it reads what has
come before each send: an abort must not wait for the end of a response.
"""

from __future__ import annotations

import contextlib
from collections import deque
from threading import Lock, Thread
from typing import TYPE_CHECKING, Callable, Union

from webstead.formats.fastcgi.records import FILTER, Buffer
from webstead.formats.fastcgi.server import (
    Aborted,
    BodyEnd,
    Chunk,
    DataChunk,
    DataEnd,
    Refused,
    Reply,
    Request,
    ServerConnection,
    ServerEvent,
    end_of_response,
)
from webstead.gateway.engine.connection import PeerGone, SocketConnection
from webstead.gateway.engine.spool import MEMORY_BYTES, READ_BYTES, Spool

if TYPE_CHECKING:
    from webstead.gateway.engine.reading import Reading

__all__ = ["MOST_UNSENT", "Lane", "Piece", "Ready", "Trunk"]

MOST_UNSENT = 1000
"""Replies that wait for a server to read them. One that asks for more is given up."""

Piece = Union[Chunk, BodyEnd, DataChunk, DataEnd]
"""Of a request's body, or of a filter's data."""


class Trunk:
    """What the lanes of one connection share. gone: the server has closed it, or it broke: it is out of the
    poller, and closed with its last lane. look: reads what has come, where nobody else does while the app
    runs.
    """

    def __init__(self, connection: SocketConnection, look: Callable[[Trunk], None] | None = None) -> None:
        self.connection = connection
        self.look = look
        self.lanes: dict[int, Lane] = {}
        self._staying: set[Lane] = set()  # all that have not left: ids are used again
        self.gone = False
        self._codec = Lock()
        self._sending = Lock()
        self._replying = Lock()
        self._unsent: deque[bytes] = deque()  # replies; while there are any, a thread sends them

    def feed(self, data: bytes) -> list[Ready]:
        """What can be run now, or must be refused. Raises RemoteProtocolError.

        An event may be of a request that another thread has just answered: it is of no interest any more.
        """
        with self._codec:
            events = self.connection.codec.feed(data)
        ready: list[Ready] = []
        for event in events:
            if isinstance(event, Reply):
                self.reply(event.data)
                self.connection.closed = self.connection.closed or event.close
            elif isinstance(event, (Request, Refused)):
                lane = self.lanes[event.request_id] = Lane(self, event)
                self._staying.add(lane)
                if not lane.waiting:
                    ready.append((lane, event))
            elif isinstance(event, Aborted):
                self._abort(event.request_id)
            else:
                self._take(event, ready)
        return ready

    def _take(self, event: Piece, ready: list[Ready]) -> None:
        lane = self.lanes.get(event.request_id)
        if lane is None or not lane.waiting:
            return
        try:
            if lane.take(event):
                ready.append((lane, lane.event))
        except OSError as error:  # the disk is full
            lane.waiting = False
            lane.event = Refused(event.request_id, 500, f"its body cannot be kept: {error}", True)
            ready.append((lane, lane.event))

    def _abort(self, request_id: int) -> None:
        """One that waits for its body is over; one that runs learns of it when it sends."""
        lane = self.lanes.get(request_id)
        if lane is None:
            return
        lane.aborted = True
        if lane.waiting:
            self.connection.closed = not self.done(request_id) or self.connection.closed
            self.reply(end_of_response(request_id))
            self.leave(lane)

    def reply(self, data: bytes) -> None:
        """An answer of our own, by the thread that polls, which must not wait: neither for a server that does
        not read, nor for another one that is sending. When nobody takes it, the connection is cut, and its
        end is read next."""
        with self._replying:
            if not self._unsent and self._sent_at_once(data):
                return
            self._unsent.append(data)
            if len(self._unsent) > MOST_UNSENT:
                self.connection.cut()
            if len(self._unsent) > 1:
                return
        try:
            Thread(target=self._send_unsent, name="replies", daemon=True).start()
        except RuntimeError:  # the system has no thread left
            self.connection.cut()

    def _sent_at_once(self, data: bytes) -> bool:
        if not self._sending.acquire(blocking=False):
            return False
        try:
            if not self.connection.has_room():
                return False
            self.connection.send(data)
        except PeerGone:
            self.connection.cut()
        finally:
            self._sending.release()
        return True

    def _send_unsent(self) -> None:
        """What cannot be sent at all stays: nothing is to follow it."""
        with contextlib.suppress(PeerGone):
            while True:
                self.send(self._unsent[0])
                with self._replying:
                    self._unsent.popleft()
                    if not self._unsent:
                        return

    def leave(self, lane: Lane) -> bool:
        """The lane is over. Returns whether the connection is to be closed, by whoever was last."""
        lane.drop()
        with self._codec:
            self._staying.discard(lane)
            if self.lanes.get(lane.event.request_id) is lane:  # its id may have been used again already
                del self.lanes[lane.event.request_id]
            return self.gone and not self._staying

    def lose(self) -> bool:
        """Nothing can be read any more. Returns whether no lane is left, and the connection is to be
        closed."""
        with self._codec:
            self.gone = True
            for lane in self.lanes.values():
                lane.aborted = True
            for lane in [lane for lane in self.lanes.values() if lane.waiting]:
                lane.drop()
                self._staying.discard(lane)
                del self.lanes[lane.event.request_id]
            return not self._staying

    @property
    def stuck(self) -> bool:
        """It stands in the middle of a request, and none that has come whole is being answered."""
        with self._codec:
            return not self.connection.codec.idle and all(lane.waiting for lane in self._staying)

    def done(self, request_id: int) -> bool:
        with self._codec:
            return self.connection.codec.done(request_id)

    def send(self, data: Buffer) -> None:
        """Raises PeerGone."""
        with self._sending:
            try:
                self.connection.send(data)
            except PeerGone:
                self.connection.cut()
                raise

    def send_file(self, head: bytes, file: int, offset: int, count: int) -> None:
        """Raises PeerGone."""
        with self._sending:
            try:
                self.connection.send_file(head, file, offset, count)
            except PeerGone:  # perhaps within a record: another lane's bytes would be taken for its rest
                self.connection.cut()
                raise


class Lane:
    """One request of a Trunk, as a Connection. event: what began it. waiting: its body is still coming."""

    __slots__ = (
        "_body",
        "_data",
        "aborted",
        "closed",
        "codec",
        "draining",
        "event",
        "later",
        "reading",
        "trunk",
        "waiting",
    )

    def __init__(self, trunk: Trunk, event: Request | Refused) -> None:
        self.trunk = trunk
        self.event = event
        self.waiting = type(event) is Request and not event.complete
        self.codec: ServerConnection = trunk.connection.codec
        self.later: deque[ServerEvent] = deque()
        self.aborted = False
        self.closed = False
        self.draining = False
        self.reading: Reading | None = None
        self._body = Spool(MEMORY_BYTES) if self.waiting else None
        self._data = Spool(MEMORY_BYTES) if type(event) is Request and event.role == FILTER else None

    def take(self, event: Piece) -> bool:
        """Keep a piece of the body. Returns whether it was the last one, and the request can be run. Raises
        OSError."""
        if type(event) is Chunk and self._body is not None:
            self._body.write(event.data)
        elif type(event) is DataChunk and self._data is not None:
            self._data.write(event.data)
        elif type(event) is DataEnd or (type(event) is BodyEnd and self._data is None):
            self.waiting = False
        return not self.waiting

    def drop(self) -> None:
        for spool in (self._body, self._data):
            if spool is not None:
                spool.close()

    def look(self, request_id: int) -> None:
        """Each send does."""

    def await_more(self, reading: Reading) -> None:
        """It has come whole."""

    def take_in(self) -> None:
        """From what was kept: first the body, then the data."""
        request_id = self.event.request_id
        if self._body is not None:
            data = self._body.read(READ_BYTES)
            self.later.append(Chunk(data, request_id) if data else BodyEnd(request_id))
            if not data:
                self._body = None
        elif self._data is not None:
            data = self._data.read(READ_BYTES)
            self.later.append(DataChunk(data, request_id) if data else DataEnd(request_id))
        else:
            raise PeerGone("the body has been read")

    def end_reading(self) -> None:
        if self.reading is not None:
            self.reading.finish()

    def send(self, data: Buffer) -> None:
        self._check()
        self.trunk.send(data)

    def send_file(self, head: bytes, file: int, offset: int, count: int) -> None:
        self._check()
        self.trunk.send_file(head, file, offset, count)

    def send_last(self, request_id: int, data: bytes) -> None:
        """The codec hears of it before the server does, who may use the id again at once."""
        self.closed = not self.trunk.done(request_id)
        if type(self.event) is Refused:
            self.trunk.reply(data)
        else:
            self.trunk.send(data)

    def _check(self) -> None:
        if self.trunk.look is not None:
            self.trunk.look(self.trunk)
        if self.aborted:
            raise PeerGone("the server aborted the request")

    def stop_sending(self) -> None:
        """The other requests of the connection go on."""

    def cut(self) -> None:
        """There is no way to cut one request short but to cut them all."""
        self.trunk.connection.cut()


Ready = tuple[Lane, Union[Request, Refused]]
"""A request that can be run, or must be refused."""
