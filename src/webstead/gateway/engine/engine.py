"""The gateway at work: accept, read, run the app in the thread that completed its request, keep or close,
stop.
"""

from __future__ import annotations

import os
import socket
import traceback
from collections import deque
from threading import Lock, Thread
from time import monotonic
from typing import Callable

from webstead.formats.fastcgi.records import RemoteProtocolError
from webstead.formats.fastcgi.server import Refused, Reply, Request, ServerConnection
from webstead.gateway.engine.connection import (
    RECEIVE_BYTES,
    SECONDS_TO_WAIT,
    Connection,
    PeerGone,
    SocketConnection,
)
from webstead.gateway.engine.crew import Crew
from webstead.gateway.engine.multiplex import Lane, Ready, Trunk
from webstead.gateway.engine.poller import MAX_READY, Poller
from webstead.gateway.transport.listen import Listener
from webstead.gateway.wsgi.environ import REQUIRED
from webstead.gateway.wsgi.runner import Runner

__all__ = ["RESERVED_DESCRIPTORS", "SECONDS_PAUSED", "Engine", "most_connections"]

RESERVED_DESCRIPTORS = 64
"""File descriptors that are left to the app and the interpreter when connections are counted."""

MOST_DESCRIPTORS = 65536
"""Connections where the system sets no limit to descriptors."""

MOST_WITHOUT_LIMIT = 448
"""Connections on Windows: its C library has 512 descriptors."""

SECONDS_PAUSED = 1.0
"""How long nothing is accepted when the descriptors have run out, unless a connection closes before."""

WAKE_BYTES = 64
"""Read from the wake-up socket at once; what a byte says does not matter."""


def most_connections() -> int:
    """How many connections this process can hold open."""
    try:
        import resource  # there is none on Windows
    except ImportError:
        return MOST_WITHOUT_LIMIT
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else max(1, soft - RESERVED_DESCRIPTORS)


class Engine:
    """run() returns when stop() was called and the requests in progress have been answered. multiplex:
    requests at once on one connection. hand_over: gives a connection between two requests to another process;
    returns False when there is none.
    """

    def __init__(
        self,
        listener: Listener,
        runner: Runner,
        poller: Poller,
        threads: int = 1,
        most: int | None = None,
        multiplex: int = 1,
        hand_over: Callable[[socket.socket], bool] = lambda connection: False,
    ) -> None:
        self._listener = listener
        self._runner = runner
        self._poller = poller
        self._threads = threads
        self._multiplex = multiplex
        self._crew = Crew(self._take_over) if threads > 1 else None
        self._most = most or most_connections()
        self._values = {
            "FCGI_MAX_CONNS": str(self._most),
            "FCGI_MAX_REQS": str(max(threads, multiplex)),
            "FCGI_MPXS_CONNS": "1" if multiplex > 1 else "0",
        }
        self._hand_over = hand_over
        self._adopted: deque[socket.socket] = deque()
        self._over = False
        self._connections: dict[int, SocketConnection] = {}
        self._ready: deque[Ready] = deque()  # of connections with several requests: those that can be run
        self._listening = -1
        self._paused = False
        self._stopping = False
        self._look_at = monotonic() + SECONDS_TO_WAIT
        self._handing_back = Lock()  # against a leader that closes what waits
        self._awake, self._waker = socket.socketpair()
        self._awake.setblocking(False)
        self._waker.setblocking(False)

    def run(self) -> int:
        """Serve, in this thread and threads - 1 others. Returns the exit code, 0."""
        self._poller.add(self._awake.fileno())
        self._listen()
        for number in range(1, self._threads):
            Thread(target=self._help, name=f"gateway-{number}", daemon=True).start()
        self._work(True)
        self._over = True
        self._return_adopted()
        self._poller.close()
        self._awake.close()
        self._waker.close()
        return 0

    def stop(self) -> None:
        """Accept no more, answer what has begun, then return from run(). From any thread or signal
        handler.
        """
        self._stopping = True
        self._wake()

    def adopt(self, connection: socket.socket) -> None:
        """Serve a connection that another process has handed over. From any thread."""
        self._adopted.append(connection)
        if self._over:
            self._return_adopted()
        else:
            self._wake()

    def _return_adopted(self) -> None:
        """What came when all was over goes to somebody else."""
        while self._adopted:
            with self._adopted.popleft() as connection:
                self._hand_over(connection)

    def _help(self) -> None:
        try:
            self._work(False)
        except BaseException:  # noqa: BLE001 (a bug of ours: without its leader the process would hang)
            traceback.print_exc()
            os._exit(1)

    def _work(self, leading: bool) -> None:
        while leading or (self._crew is not None and self._crew.follow()):
            leading = False
            if self._lead() and self._crew is not None:
                self._crew.finish()

    def _lead(self) -> bool:
        """Poll, and serve what is ready. Returns True when everything is over, False when another thread
        leads.
        """
        while True:
            if self._ready and not self._serve_ready():
                return False
            most = MAX_READY if self._crew is None else self._crew.at_once
            ready = self._poller.wait(self._patience(), most)
            for fd in ready:
                if not self._turn(fd):
                    return False
            if monotonic() > self._look_at:
                self._drop_stale()
            if self._stopping and self._all_closed(bool(ready)):
                return True
            if self._paused and not self._stopping and len(self._connections) < self._most:
                self._listen()

    def _patience(self) -> float:
        """Seconds to wait for a socket; negative: without limit. A stop first serves what is ready."""
        if self._stopping and self._listening >= 0:
            return 0
        if self._paused:
            return SECONDS_PAUSED
        return SECONDS_TO_WAIT if self._connections else -1

    def _turn(self, fd: int) -> bool:
        """Do what one readable socket asks for. Returns whether this thread still leads."""
        connection = self._connections.get(fd)
        if connection is not None:
            if self._crew is not None and self._crew.eager and connection.trunk is None:
                return self._claim(self._crew, connection)
            return self._read(connection)
        if fd == self._listening:
            return self._accept()
        if fd == self._awake.fileno():
            self._awake.recv(WAKE_BYTES)
            while self._adopted:
                adopted = self._adopted.popleft()
                adopted.setblocking(False)
                self._keep(self._opened(adopted))
        return True

    def _accept(self) -> bool:
        try:
            accepted = self._listener.accept()
        except OSError:  # no descriptors or no memory left
            self._pause()
            return True
        if accepted is None:
            return True
        connection = self._opened(accepted)
        return self._read(connection)  # mostly the request is there already

    def _opened(self, accepted: socket.socket) -> SocketConnection:
        codec = ServerConnection(self._values, base=REQUIRED, most_requests=self._multiplex)
        connection = SocketConnection(accepted, codec)
        if self._multiplex > 1:
            connection.trunk = Trunk(connection, None if self._crew is not None else self._look)
        self._connections[connection.fd] = connection
        if len(self._connections) >= self._most:
            self._pause()
        return connection

    def _read(self, connection: SocketConnection) -> bool:
        try:
            data = connection.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            self._keep(connection)
            return True
        except OSError:
            data = b""
        if not data:
            self._lose(connection)
            return True
        connection.stale = False
        if connection.draining:
            return True
        if connection.trunk is not None:
            return self._read_trunk(connection, connection.trunk, data)
        request = self._completed(connection, data)
        if request is not None:
            return self._serve(connection, request)
        self._settle(connection)
        return True

    def _claim(self, crew: Crew, connection: SocketConnection) -> bool:
        """Take the connection out of the poller, leave the lead, and only then read and serve."""
        self._take_over(connection)
        return self._finished(crew.run(self._read_claimed, connection, None), connection)

    def _read_claimed(self, connection: SocketConnection, nothing: None) -> None:
        try:
            data = connection.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        connection.stale = False
        if not data:
            connection.closed = True
        elif not connection.draining:
            request = self._completed(connection, data)
            if request is not None:
                self._runner(connection, request)

    def _completed(self, connection: SocketConnection, data: bytes) -> Request | None:
        """The request that data completes, to be run now; what else it holds is answered."""
        try:
            events = connection.codec.feed(data)
        except RemoteProtocolError as error:
            if self._has_room(connection):
                self._runner.refuse(connection, error)
            return None
        for at, event in enumerate(events, 1):
            if type(event) is Request:
                if at < len(events):
                    connection.later.extend(events[at:])
                return event
            if not self._has_room(connection):
                return None
            if type(event) is Reply:
                self._reply(connection, event)
            elif type(event) is Refused:
                self._runner.refuse_one(connection, event)
        return None

    def _read_trunk(self, connection: SocketConnection, trunk: Trunk, data: bytes) -> bool:
        try:
            self._ready.extend(trunk.feed(data))
        except RemoteProtocolError as error:
            self._runner.complain(error)
            connection.closed = True
        if connection.closed:
            self._lose(connection)
        else:
            self._keep(connection)
        return self._serve_ready()

    def _look(self, trunk: Trunk) -> None:
        """From within the app: take in what has come. Its end, and what it makes ready, is seen behind it."""
        connection = trunk.connection
        try:
            data = connection.socket.recv(RECEIVE_BYTES)
        except OSError:  # nothing
            return
        connection.stale = False
        try:
            self._ready.extend(trunk.feed(data))
        except RemoteProtocolError as error:
            self._runner.complain(error)
            connection.cut()

    def _serve_ready(self) -> bool:
        """Returns whether this thread still leads; a new leader goes on with the rest."""
        while self._ready:
            lane, event = self._ready.popleft()
            if isinstance(event, Refused):
                self._runner.refuse_one(lane, event)
                self._settle(lane)
            elif not self._serve(lane, event):
                return False
        return True

    def _serve(self, connection: Connection, request: Request) -> bool:
        if self._crew is None:
            self._runner(connection, request)
            self._settle(connection)
            return True
        return self._finished(self._crew.run(self._runner, connection, request), connection)

    def _finished(self, leading: bool, connection: Connection) -> bool:
        """Give back a connection that was served while the lead lay on the table."""
        if leading:
            self._settle(connection)
            return True
        with self._handing_back:
            self._settle(connection)
        if self._stopping or not self._poller.prompt:
            self._wake()  # the leader has to look again
        return False

    def _has_room(self, connection: SocketConnection) -> bool:
        """Who polls cannot wait for a server that asks and does not read the answers: it is given up."""
        if not connection.has_room():
            self._runner.complain(PeerGone("the server does not read what it is answered"))
            connection.closed = True
        return not connection.closed

    def _reply(self, connection: SocketConnection, reply: Reply) -> None:
        try:
            connection.send(reply.data)
        except PeerGone:
            connection.closed = True
        connection.closed = connection.closed or reply.close

    def _settle(self, connection: Connection) -> None:
        """Wait for the next bytes of a connection that this thread is done with, or close it."""
        if type(connection) is SocketConnection:
            if connection.closed:
                self._drop(connection)
            elif self._stopping and connection.codec.idle:
                self._part(connection)
            else:
                self._keep(connection)
        elif type(connection) is Lane:
            self._leave(connection)

    def _leave(self, lane: Lane) -> None:
        if lane.trunk.leave(lane):
            self._forget(lane.trunk.connection)
        elif lane.closed:
            lane.cut()  # the leader sees it end, and takes it out of the poller

    def _keep(self, connection: SocketConnection) -> None:
        if not connection.registered:
            connection.registered = True
            self._poller.add(connection.fd)

    def _lose(self, connection: SocketConnection) -> None:
        """The server has gone: close, unless other threads still run requests of this connection."""
        if connection.trunk is None or connection.trunk.lose():
            self._drop(connection)
        else:
            self._take_over(connection)

    def _drop(self, connection: SocketConnection) -> None:
        self._take_over(connection)
        self._forget(connection)

    def _forget(self, connection: SocketConnection) -> None:
        del self._connections[connection.fd]
        connection.close()

    def _take_over(self, connection: Connection) -> None:
        """Take it out of the poller. The former leader still serves it: a new one must not see it. Of a
        connection that several requests share, it must."""
        if type(connection) is SocketConnection and connection.registered:
            self._poller.remove(connection.fd)
            connection.registered = False

    def _listen(self) -> None:
        self._paused = False
        self._listening = self._listener.socket.fileno()
        self._poller.add_listening(self._listening)

    def _pause(self) -> None:
        if not self._paused and self._listening >= 0:
            self._paused = True
            self._poller.remove(self._listening)

    def _wake(self) -> None:
        try:
            self._waker.send(b"\0")
        except OSError:  # full: it will wake anyhow
            return

    def _drop_stale(self) -> None:
        """Close what stopped in the middle of a request, or does not close behind a response."""
        self._look_at = monotonic() + SECONDS_TO_WAIT
        with self._handing_back:
            for connection in list(self._connections.values()):
                if connection.registered and _is_stuck(connection):
                    if connection.stale:
                        self._lose(connection)
                    connection.stale = True

    def _all_closed(self, more: bool) -> bool:
        """Once nothing more is ready, part from what waits for a next request; leave what is in the middle
        of one.
        """
        if self._listening >= 0:
            if more:
                return False
            self._stop_listening()
        with self._handing_back:
            for connection in list(self._connections.values()):
                if connection.registered and (connection.draining or connection.codec.idle):
                    self._part(connection)
        return not self._connections

    def _part(self, connection: SocketConnection) -> None:
        """Without another process to go to, a connection is closed for reading: what the server has sent
        until then is still served, and what it sends later fails at its side.
        """
        if connection.draining or not self._hand_over(connection.socket):
            connection.stop_receiving()
            self._keep(connection)
            return
        self._take_over(connection)
        del self._connections[connection.fd]
        connection.socket.close()  # not shut down: it goes on elsewhere

    def _stop_listening(self) -> None:
        if not self._paused:
            self._poller.remove(self._listening)
        self._paused = False
        self._listening = -1
        self._listener.close()


def _is_stuck(connection: SocketConnection) -> bool:
    """Whether it waits for something else than a next request."""
    if connection.trunk is not None:
        return connection.trunk.stuck
    return connection.draining or not connection.codec.idle
