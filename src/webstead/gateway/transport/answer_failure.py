"""The answer of a process that cannot load its app. Where a web server starts the process for a request,
ending at once would leave the reader with "The FastCGI process exited unexpectedly" and the reason nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable

from webstead.formats.fastcgi.records import RemoteProtocolError
from webstead.formats.fastcgi.server import Refused, Reply, Request, ServerConnection, stderr, whole_response
from webstead.gateway.engine.solo import ONE_CHANNEL
from webstead.gateway.failure import StartFailure
from webstead.gateway.transport.channel import Channel, ChannelListener, SocketChannel
from webstead.gateway.transport.inherited import Transport
from webstead.gateway.transport.listener import Listener
from webstead.gateway.wsgi.environ import REQUIRED

__all__ = ["APOLOGY", "Shows", "answer_failure"]

APOLOGY = "The app could not be started. The reason is in its log, and in that of the web server.\n"

Shows = Callable[[Mapping[str, str]], bool]
"""Whether the sender of a request with these parameters may see details."""

_HEAD = (
    "Status: 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Cache-Control: no-store\r\nContent-Length: %d\r\n\r\n"
)


def answer_failure(transport: Transport, failure: StartFailure, shows: Shows) -> int:
    """Wait for the first request, answer it with a whole 500 and the reason on STDERR, and close. Returns the
    failure's exit code. While it waits, it is ended like every process: by a signal.
    """
    channel = _first(transport)
    if channel is not None:
        try:
            _answer(channel, failure, shows)
        except (OSError, RemoteProtocolError):  # nobody waits for an answer
            return failure.code
        finally:
            channel.close()
    return failure.code


def _first(transport: Transport) -> Channel | None:
    if isinstance(transport, Listener):
        transport.socket.setblocking(True)
        while True:
            accepted = transport.accept()
            if accepted is not None:
                return SocketChannel(accepted)
    return transport.accept() if isinstance(transport, ChannelListener) else transport


def _answer(channel: Channel, failure: StartFailure, shows: Shows) -> None:
    codec = ServerConnection(ONE_CHANNEL, base=REQUIRED)
    while True:
        data = channel.receive()
        if not data:
            return
        for event in codec.feed(data):
            if type(event) is Request:
                channel.send(_response(event.request_id, event.params, failure, shows))
                return
            if type(event) is Refused:
                channel.send(_response(event.request_id, {}, failure, shows))
                return
            if type(event) is Reply:
                channel.send(event.data)


def _response(request_id: int, params: Mapping[str, str], failure: StartFailure, shows: Shows) -> bytes:
    reason = failure.as_text().encode("utf-8", "backslashreplace")
    body = reason if shows(params) else APOLOGY.encode()
    head = (_HEAD % len(body)).encode()
    if params.get("REQUEST_METHOD") == "HEAD":
        body = b""
    return stderr(request_id, reason) + whole_response(request_id, head, body)
