"""One FastCGI connection: its codec, and the requests that run on it."""

from __future__ import annotations

import socket
from typing import Protocol

from webstead.formats.fastcgi.records import FILTER, RemoteProtocolError
from webstead.formats.fastcgi.server import (
    Aborted,
    BodyEnd,
    Chunk,
    Refused,
    Reply,
    Request,
    ServerConnection,
    ServerEvent,
    end_of_response,
)
from webstead.gateway.asgi.cycle import Cycle
from webstead.gateway.asgi.response import Response
from webstead.gateway.asgi.wire import BODY, Wire
from webstead.gateway.engine.solo import BAD_PROTOCOL, CUT_SHORT

__all__ = ["Connection", "Owner"]


class Owner(Protocol):
    """What a connection needs of who holds it."""

    stopping: bool

    def cycle(self, connection: Connection, request: Request) -> Cycle: ...

    def run(self, cycle: Cycle) -> None: ...

    def refused(self, status: int, message: str) -> None:
        """A request was answered with a status of ours, and never reached the app."""

    def closed(self, connection: Connection) -> None: ...

    def idle(self, connection: Connection) -> None:
        """A stop was asked for, and no request is left here."""

    def hand_over(self, connection: socket.socket) -> bool:
        """Give a connection to another process; False when there is none."""


class Connection:
    """spooled: requests share the connection, so that reading cannot wait for one of them: bodies that their
    apps do not receive go to disk. Otherwise reading waits. code: what its end means for the exit code of a
    process that has no other: 0, BAD_PROTOCOL, or CUT_SHORT, as Solo has it.
    """

    __slots__ = (
        "_codec",
        "_cycles",
        "_draining",
        "_held_by",
        "_owner",
        "_sent",
        "_spooled",
        "_stale",
        "_wire",
        "code",
    )

    def __init__(self, owner: Owner, wire: Wire, codec: ServerConnection, spooled: bool) -> None:
        self._owner = owner
        self._wire = wire
        self._codec = codec
        self._spooled = spooled
        self._cycles: dict[int, Cycle] = {}
        self._held_by: Cycle | None = None
        self._draining = False  # the last response is out; what still comes is thrown away
        self._stale = False  # nothing has come since the last cut_stale()
        self._sent = 0  # bytes of body, by then
        self.code = 0

    def begin(self) -> None:
        self._wire.begin(self)

    def feed(self, data: bytes) -> None:
        if self._draining:
            return
        self._stale = False
        try:
            events = self._codec.feed(data)
        except RemoteProtocolError as error:
            self._break(error)
            return
        begun = None
        for event in events:
            if self._is_over():  # closed by what came before
                break
            if type(event) is Request:
                cycle = self._cycle(event)
                if cycle is not None:
                    begun = [*begun, cycle] if begun else [cycle]
            else:
                self._take(event)
        if begun:  # now all is known that came with a request: mostly its whole body
            for cycle in begun:
                self._owner.run(cycle)

    def _cycle(self, request: Request) -> Cycle | None:
        if request.role == FILTER:
            self._refuse(request.request_id, 501, "An ASGI app cannot be a FastCGI filter.")
            return None
        try:
            cycle = self._owner.cycle(self, request)
        except ValueError as error:
            self._refuse(request.request_id, 400, str(error))
            return None
        self._cycles[request.request_id] = cycle
        return cycle

    def _take(self, event: ServerEvent) -> None:
        if type(event) is Reply:
            self.write(event.data)
            if event.close:
                self._close(False)
        elif type(event) is Refused:
            self._refuse(event.request_id, event.status, event.message)
        else:
            self._tell(event)

    def _tell(self, event: ServerEvent) -> None:
        """An event of a request that runs, or has run: then it is of no interest."""
        if type(event) is Chunk:
            cycle = self._cycles.get(event.request_id)
            if cycle is not None and cycle.put(event.data) and not self._spooled:
                self._held_by = cycle
                self._wire.hold(BODY)
        elif type(event) is BodyEnd:
            cycle = self._cycles.get(event.request_id)
            if cycle is not None:
                cycle.end_body()
        elif type(event) is Aborted:
            self._abort(event.request_id)

    def _abort(self, request_id: int) -> None:
        """The server wants END_REQUEST, and no response. The app need not have noticed for that."""
        cycle = self._cycles.get(request_id)
        if cycle is not None:
            self.over(cycle, end_of_response(request_id))
            cycle.leave()

    def _refuse(self, request_id: int, status: int, message: str) -> None:
        records = Response(request_id, False).replace(status, f"{message}\n")
        self._owner.refused(status, message)
        self._end(request_id, records)

    def _break(self, error: RemoteProtocolError) -> None:
        """Nothing that comes can be read any more. The request that it concerns gets an answer if it has
        none.
        """
        self._owner.refused(error.status, str(error))
        self.code = BAD_PROTOCOL
        cycle = self._cycles.get(error.request_id)
        answered = bool(error.request_id) and (cycle is None or not cycle.response.started)
        if answered:
            self.write(Response(error.request_id, False).replace(error.status, f"{error}\n"))
        self._close(answered)
        self._leave_all()

    @property
    def choked(self) -> bool:
        return self._wire.choked

    def write(self, records: bytes) -> None:
        self._wire.write(records)

    async def drained(self) -> None:
        await self._wire.drained()

    def relieved(self, cycle: Cycle) -> None:
        """The app has received what waited of its body, or will not."""
        if self._held_by is cycle:
            self._held_by = None
            self._wire.release(BODY)

    def over(self, cycle: Cycle, records: bytes) -> None:
        """Send the last records of a response, END_REQUEST among them."""
        del self._cycles[cycle.request_id]
        self.relieved(cycle)
        self._end(cycle.request_id, records)

    def _end(self, request_id: int, records: bytes) -> None:
        keep = self._codec.done(request_id)  # before the send: the next request may follow it at once
        self._wire.write(records)
        if not keep:
            self._close(self._codec.unread)
        elif self._owner.stopping and self._codec.idle:
            self._owner.idle(self)

    def _close(self, linger: bool) -> None:
        self._draining = True
        self._wire.finish(linger)

    def cut_stale(self, seconds: float) -> None:
        """Cut it when it has stood still in the middle of a request since the last time, so many seconds ago:
        in its parameters, or in a body that its app awaits. Others wait for its place. A request that has
        come whole may take as long as it likes, and so may those that share the connection with it.
        """
        sent = sum(cycle.response.sent for cycle in self._cycles.values())
        moved, self._sent = sent != self._sent or self._wire.choked, sent
        if moved or self._codec.idle or not all(cycle.starves for cycle in self._cycles.values()):
            self._stale = False
        elif self._stale:
            for cycle in self._cycles.values():
                cycle.give_up(f"nothing moved for {seconds:.0f} seconds")
            self._wire.cut()
        else:
            self._stale = True

    def cut(self) -> None:
        """Let the server see that a response is not whole. There is no other sign for that: requests that
        share the connection go with it.
        """
        self._wire.cut()

    def close_idle(self) -> None:
        """At a stop: read what is there, then part from it unless that was a request."""
        if not self._is_idle():
            return
        nothing = self._wire.look()
        if not self._is_idle():
            return
        if nothing:
            if not self._wire.part(self._owner.hand_over):
                self._close(False)
        else:
            self._owner.idle(self)

    def _is_over(self) -> bool:
        return self._draining

    def _is_idle(self) -> bool:
        return not self._draining and self._codec.idle

    def closed(self) -> None:
        """Of the wire, whoever closed it."""
        if not self._draining and not self._cycles and not self._codec.idle:
            self.code = CUT_SHORT
        self._leave_all()
        self._owner.closed(self)

    def _leave_all(self) -> None:
        self._draining = True
        cycles = list(self._cycles.values())
        self._cycles.clear()
        self._held_by = None
        for cycle in cycles:
            cycle.leave()
