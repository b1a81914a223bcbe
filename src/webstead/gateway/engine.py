"""The gateway at work: accept, read, run the app in the thread that completed its request, keep or close,
stop.
"""

from __future__ import annotations

import os
import resource
import socket
import traceback
from threading import Lock, Thread

from webstead.formats.fastcgi.records import RemoteProtocolError
from webstead.formats.fastcgi.server import Refused, Reply, Request, ServerConnection
from webstead.gateway.connection import RECEIVE_BYTES, Connection, PeerGone
from webstead.gateway.crew import Crew
from webstead.gateway.environ import REQUIRED
from webstead.gateway.listen import Listener
from webstead.gateway.poller import Poller
from webstead.gateway.runner import Runner

__all__ = ["RESERVED_DESCRIPTORS", "SECONDS_PAUSED", "Engine", "most_connections"]

RESERVED_DESCRIPTORS = 64
"""File descriptors that are left to the app and the interpreter when connections are counted."""

SECONDS_PAUSED = 1.0
"""How long nothing is accepted when the descriptors have run out, unless a connection closes before."""

WAKE_BYTES = 64
"""Read from the wake-up socket at once; what a byte says does not matter."""


def most_connections() -> int:
    """How many connections this process can hold open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 65536 if soft == resource.RLIM_INFINITY else max(1, soft - RESERVED_DESCRIPTORS)


class Engine:
    """run() returns when stop() was called and the requests in progress have been answered."""

    def __init__(
        self, listener: Listener, runner: Runner, poller: Poller, threads: int = 1, most: int | None = None
    ) -> None:
        self._listener = listener
        self._runner = runner
        self._poller = poller
        self._threads = threads
        self._crew = Crew(self._take_over) if threads > 1 else None
        self._most = most or most_connections()
        self._values = {
            "FCGI_MAX_CONNS": str(self._most),
            "FCGI_MAX_REQS": str(threads),
            "FCGI_MPXS_CONNS": "0",
        }
        self._connections: dict[int, Connection] = {}
        self._listening = -1
        self._paused = False
        self._stopping = False
        self._handing_back = Lock()  # against a leader that closes what waits
        self._awake, self._waker = socket.socketpair()
        self._awake.setblocking(False)
        self._waker.setblocking(False)

    def run(self) -> None:
        """Serve, in this thread and threads - 1 others."""
        self._poller.add(self._awake.fileno())
        self._listen()
        for number in range(1, self._threads):
            Thread(target=self._help, name=f"gateway-{number}", daemon=True).start()
        self._work(True)
        self._poller.close()
        self._awake.close()
        self._waker.close()

    def stop(self) -> None:
        """Accept no more, answer what has begun, then return from run(). From any thread or signal
        handler.
        """
        self._stopping = True
        self._wake()

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
            ready = self._poller.wait(self._patience())
            for fd in ready:
                if not self._turn(fd):
                    return False
            if self._stopping and self._all_closed(bool(ready)):
                return True
            if self._paused and not self._stopping and len(self._connections) < self._most:
                self._listen()

    def _patience(self) -> float:
        """Seconds to wait for a socket; negative: without limit. A stop first serves what is ready."""
        if self._stopping and self._listening >= 0:
            return 0
        return SECONDS_PAUSED if self._paused else -1

    def _turn(self, fd: int) -> bool:
        """Do what one readable socket asks for. Returns whether this thread still leads."""
        connection = self._connections.get(fd)
        if connection is not None:
            return self._read(connection)
        if fd == self._listening:
            return self._accept()
        if fd == self._awake.fileno():
            self._awake.recv(WAKE_BYTES)
        return True

    def _accept(self) -> bool:
        try:
            accepted = self._listener.accept()
        except OSError:  # no descriptors or no memory left
            self._pause()
            return True
        if accepted is None:
            return True
        connection = Connection(accepted, ServerConnection(self._values, base=REQUIRED))
        self._connections[connection.fd] = connection
        if len(self._connections) >= self._most:
            self._pause()
        return self._read(connection)  # mostly the request is there already

    def _read(self, connection: Connection) -> bool:
        try:
            data = connection.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            self._keep(connection)
            return True
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return True
        if connection.draining:
            return True
        try:
            events = connection.codec.feed(data)
        except RemoteProtocolError as error:
            self._runner.refuse(connection, error)
            self._settle(connection)
            return True
        for at, event in enumerate(events, 1):
            if type(event) is Request:
                if at < len(events):
                    connection.later.extend(events[at:])
                return self._serve(connection, event)
            if type(event) is Reply:
                self._reply(connection, event)
            elif type(event) is Refused:
                refusal = RemoteProtocolError(event.message, event.status, event.request_id)
                self._runner.refuse(connection, refusal)
        self._settle(connection)
        return True

    def _serve(self, connection: Connection, request: Request) -> bool:
        if self._crew is None:
            self._runner(connection, request)
            self._settle(connection)
            return True
        if self._crew.run(self._runner, connection, request):
            self._settle(connection)
            return True
        with self._handing_back:
            self._settle(connection)
        if self._stopping or not self._poller.prompt:
            self._wake()  # the leader has to look again
        return False

    def _reply(self, connection: Connection, reply: Reply) -> None:
        try:
            connection.send(reply.data)
        except PeerGone:
            connection.closed = True
        connection.closed = connection.closed or reply.close

    def _settle(self, connection: Connection) -> None:
        """Wait for the next bytes of a connection that this thread is done with, or close it."""
        if connection.closed or (self._stopping and connection.codec.idle):
            self._drop(connection)
        else:
            self._keep(connection)

    def _keep(self, connection: Connection) -> None:
        if not connection.registered:
            connection.registered = True
            self._poller.add(connection.fd)

    def _drop(self, connection: Connection) -> None:
        if connection.registered:
            self._poller.remove(connection.fd)
            connection.registered = False
        del self._connections[connection.fd]
        connection.close()

    def _take_over(self, connection: Connection) -> None:
        """The former leader still serves this connection: this one, which will poll, must not see it."""
        if connection.registered:
            self._poller.remove(connection.fd)
            connection.registered = False

    def _listen(self) -> None:
        self._paused = False
        self._listening = self._listener.socket.fileno()
        self._poller.add(self._listening)

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._poller.remove(self._listening)

    def _wake(self) -> None:
        try:
            self._waker.send(b"\0")
        except OSError:  # full: it will wake anyhow
            return

    def _all_closed(self, more: bool) -> bool:
        """Close what waits for a next request, once nothing more is ready; leave what is in the middle of
        one.
        """
        if self._listening >= 0:
            if more:
                return False
            self._stop_listening()
        with self._handing_back:
            for connection in list(self._connections.values()):
                if connection.registered and (connection.draining or connection.codec.idle):
                    self._drop(connection)
        return not self._connections

    def _stop_listening(self) -> None:
        if not self._paused:
            self._poller.remove(self._listening)
        self._paused = False
        self._listening = -1
        self._listener.close()
