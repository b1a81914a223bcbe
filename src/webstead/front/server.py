"""The only module that knows granian: an ASGI application on an inherited listening socket, in the running
event loop.

HTTP/1.1 only. Its server for both versions waits for the first 24 bytes of a connection, and for an idle
HTTP/2 client, for as long as the client likes, and each such connection takes one of a fixed number of
places. Clients speak HTTP/2 over TLS alone, which ends before us.

granian's embedded server binds its own address; the supervisor owns ours, so that it outlives a front.
There is no public way to hand granian a socket, hence the one private method below. It needs granian's
minor version to be pinned, and tests/real/front covers it. Measured: as fast as granian's own worker
processes.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
from collections.abc import Awaitable, Callable

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from webstead.front.asgi import Receive, Scope, Send
from webstead.front.limits import (
    CONNECTIONS,
    FEW_CONNECTIONS,
    FILES_RESERVED,
    HEADER_BYTES,
    HEADER_SECONDS,
    KEEPALIVE_SECONDS,
    STALL_SECONDS,
)

__all__ = ["HttpServer", "allowance"]

_BACKLOG = 1024
_FEW = (
    "front: room for {} connections of clients, as this process may open {} files."
    " For more: ulimit -Hn 65536, or LimitNOFILE=65536 in the unit."
)


class _InheritedSocket(Server):
    def __init__(self, application: Callable[[Scope, Receive, Send], Awaitable[None]], fd: int) -> None:
        self._fd = fd
        super().__init__(
            application,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            backlog=_BACKLOG,
            backpressure=_connections(),  # it counts connections, not requests
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=max(HEADER_BYTES, 8192)
            ),
            log_enabled=False,
        )

    def _init_shared_socket(self) -> None:
        holder = SocketHolder(self._fd, False, _BACKLOG)  # type: ignore[call-arg]  # its stub has no arguments
        vars(self).update(_shd=holder, _ssp=None, _sfd=self._fd)  # typed as None, all three

    def end(self) -> None:
        """What granian's own `stop` does, which is not typed."""
        self.interrupt_signal = True
        self.main_loop_interrupt.set()


def _connections() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files, connections = allowance(soft, hard)
    if files != soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    if connections < FEW_CONNECTIONS:
        print(_FEW.format(connections, hard), file=sys.stderr)
    return connections


def allowance(soft: int, hard: int) -> tuple[int, int]:
    """The soft limit of open files to set, and how many clients' connections it leaves room for. soft, hard:
    the limits as they are, maybe RLIM_INFINITY."""
    wanted = CONNECTIONS + FILES_RESERVED
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft, CONNECTIONS
    files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    return files, max(files - FILES_RESERVED, files // 2)


def _drop_the_dead(fd: int) -> None:
    """Set on the listening socket what the connections it accepts inherit: the kernel closes those whose
    client is gone without a word, or takes nothing of what it is sent."""
    with socket.socket(fileno=os.dup(fd)) as listener:
        if listener.family not in (socket.AF_INET, socket.AF_INET6):
            return
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if sys.platform == "linux":
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALL_SECONDS * 1000)


class HttpServer:
    """Serves until `stop`, which takes no new connections and lets running requests end."""

    def __init__(self, application: Callable[[Scope, Receive, Send], Awaitable[None]], fd: int) -> None:
        _drop_the_dead(fd)
        self._server = _InheritedSocket(application, fd)

    async def serve(self) -> None:
        await self._server.serve()

    def stop(self) -> None:
        self._server.end()
