"""`GET /metrics` on an address of this machine alone.

The address is bound before the workers are forked, and each of them answers from a thread of its own: the
numbers are shared, whoever gives them. So the process that forks has no thread, and a scrape is answered as
long as any worker lives.
"""

from __future__ import annotations

import socket
import sys
from http.server import BaseHTTPRequestHandler
from selectors import EVENT_READ, DefaultSelector
from socketserver import BaseServer
from threading import Thread
from time import sleep
from typing import Any, Callable

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.observe.prometheus import CONTENT_TYPE
from webstead.gateway.transport.listen import Listener, open_listener

__all__ = ["PATH", "SECONDS", "MetricsServer"]

PATH = "/metrics"

SECONDS = 5.0
"""How long a client may take for its request: one is served at a time."""

_PAUSE = 0.1


_FIX = "Write --metrics tcp:127.0.0.1:PORT, with a port that is free, or --metrics unix:PATH."


class MetricsServer:
    """address: `tcp:HOST:PORT`, loopback only, or `unix:PATH`. render: the text to give. Raises
    StartFailure.
    """

    def __init__(self, address: str, render: Callable[[], str]) -> None:
        if not address.startswith(("tcp:", "unix:")):
            raise StartFailure(BAD_USAGE, "--metrics is no address.", address, _FIX)
        try:
            self._listener = open_listener(address, {})
        except StartFailure as failure:
            raise StartFailure(failure.code, "The metrics cannot be served.", failure.found, _FIX) from None
        self._server = _Server(self._listener, render)
        self._waking: socket.socket | None = None
        self._thread: Thread | None = None

    @property
    def port(self) -> int:
        """Of a TCP address: the one that the system chose for port 0."""
        port: int = self._listener.socket.getsockname()[1]
        return port

    def start(self) -> None:
        """Answer, in a thread of this process: after the fork."""
        self._waking, woken = socket.socketpair()
        self._thread = Thread(target=self._run, args=(woken,), name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering here, and give up the address; other processes that have it go on. A client that is
        being answered is waited for, SECONDS at most.
        """
        if self._waking is not None and self._thread is not None:
            self._waking.close()
            self._thread.join()
        self._listener.close()

    def _run(self, woken: socket.socket) -> None:
        with woken, DefaultSelector() as waiting:
            waiting.register(self._listener.socket, EVENT_READ)
            waiting.register(woken, EVENT_READ)
            while not any(key.fileobj is woken for key, _ in waiting.select()):
                self._server.handle_request()


class _Server(BaseServer):
    """Serves from a Listener that somebody else has opened. timeout: it is asked when there is a client."""

    timeout = 0

    def __init__(self, listener: Listener, render: Callable[[], str]) -> None:
        super().__init__(("", 0), _Handler)
        self._listener = listener
        self.socket = listener.socket
        self.render = render

    def fileno(self) -> int:
        return self._listener.socket.fileno()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Raises OSError when another process was faster."""
        try:
            connection = self._listener.accept()
        except OSError:  # no descriptor is free, and the client still waits
            sleep(_PAUSE)
            raise
        if connection is None:
            raise BlockingIOError
        connection.setblocking(True)
        return connection, ("", 0)

    def shutdown_request(self, request: Any) -> None:
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or was too slow is nothing that anybody has to know."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: one request for each connection."""

    timeout = SECONDS
    wbufsize = -1  # the whole answer in one piece
    server: _Server

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self._answer(404, f"There is only {PATH} here.\n", "text/plain; charset=utf-8")
            return
        self._answer(200, self.server.render(), CONTENT_TYPE)

    def _answer(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "webstead"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name in http.server)
        """Scrapes are not logged."""
