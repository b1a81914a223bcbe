"""The only module that knows granian: an ASGI application on an inherited listening socket, in the running
event loop.

granian's embedded server binds its own address; the supervisor owns ours, so that it outlives a front.
There is no public way to hand granian a socket, hence the one private method below. It needs granian's
minor version to be pinned, and tests/real/front covers it. Measured: as fast as granian's own worker
processes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from webstead.front.asgi import Receive, Scope, Send
from webstead.front.limits import HEADER_BYTES, HEADER_SECONDS

__all__ = ["HttpServer"]

_BACKLOG = 1024


class _InheritedSocket(Server):
    def __init__(self, application: Callable[[Scope, Receive, Send], Awaitable[None]], fd: int) -> None:
        self._fd = fd
        super().__init__(
            application,
            interface=Interfaces.ASGINL,
            http=HTTPModes.auto,
            backlog=_BACKLOG,
            backpressure=_BACKLOG,
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=max(HEADER_BYTES, 8192)
            ),
            http2_settings=HTTP2Settings(max_headers_size=HEADER_BYTES, keep_alive_interval=None),
            log_enabled=False,
        )

    def _init_shared_socket(self) -> None:
        holder = SocketHolder(self._fd, False, _BACKLOG)  # type: ignore[call-arg]  # its stub has no arguments
        vars(self).update(_shd=holder, _ssp=None, _sfd=self._fd)  # typed as None, all three

    def end(self) -> None:
        """What granian's own `stop` does, which is not typed."""
        self.interrupt_signal = True
        self.main_loop_interrupt.set()


class HttpServer:
    """Serves until `stop`, which takes no new connections and lets running requests end."""

    def __init__(self, application: Callable[[Scope, Receive, Send], Awaitable[None]], fd: int) -> None:
        self._server = _InheritedSocket(application, fd)

    async def serve(self) -> None:
        await self._server.serve()

    def stop(self) -> None:
        self._server.end()
