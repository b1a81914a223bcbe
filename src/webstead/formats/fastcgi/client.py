"""The server's side of a connection: what a front needs to put requests to an app.

Encode: `begin_request`, `params` (whole, closes the stream), then `stdin` for each chunk of the body and once
with b"" to close it. For a request without a body join all of it and send once:

    block = encode_pairs(pairs)                       # may be joined from blocks encoded before
    transport.write(begin_request(1) + params(1, block) + stdin(1, b""))

Decode: `ResponseParser`, for one request at a time. `ClientConnection` holds the order of calls as well, for
one or several requests at once.

One request's life, from both ends. It is open, and its id in use, while either end is:

    sending:    begin ──▶ the streams of its role, each closed once, in order ──▶ closed  (`STREAMS`)
    answering:  begin ──▶ Head, Body…, Stderr… ──▶ End
    abort       closes the sending end; what is still answered is dropped, up to End

A call that is out of this order raises LocalProtocolError; an answer that is, RemoteProtocolError 502, and
the connection is to be closed. `answering` tells whose response that cuts short.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from webstead.formats.fastcgi.head import MAX_HEAD
from webstead.formats.fastcgi.records import (
    DATA,
    END_REQUEST,
    HEADER_SIZE,
    MANAGEMENT,
    MAX_REQUESTS,
    RESPONDER,
    STDIN,
    STREAMS,
    VERSION,
    LocalProtocolError,
    RemoteProtocolError,
    unpack_header,
)
from webstead.formats.fastcgi.requests import (
    abort_request,
    begin_request,
    data,
    get_values,
    params,
    stdin,
)
from webstead.formats.fastcgi.responses import (
    Body,
    End,
    Head,
    ResponseEvent,
    ResponseParser,
    Stderr,
    Values,
    parse_end,
)

__all__ = [
    "Answer",
    "Body",
    "ClientConnection",
    "End",
    "Head",
    "ResponseEvent",
    "ResponseParser",
    "Stderr",
    "Values",
    "abort_request",
    "begin_request",
    "data",
    "get_values",
    "params",
    "stdin",
]


class Answer(NamedTuple):
    """What has come of a request's response; request_id is 0 for `Values`."""

    request_id: int
    event: ResponseEvent


class _Outgoing:
    """streams: still to be closed by us, the first one is open. parser: None once the response has ended."""

    __slots__ = ("aborted", "parser", "streams")

    def __init__(self, parser: ResponseParser, streams: tuple[int, ...]) -> None:
        self.parser: ResponseParser | None = parser
        self.streams = streams
        self.aborted = False


class ClientConnection:
    """keep: requests leave the connection open; else it carries one request in all. most_requests: at once;
    more than 1 only when the app's FCGI_MPXS_CONNS is 1. max_head: bytes of a response's header block.

    newest: the id of the request that was begun last, which calls mean when they name none.
    """

    __slots__ = ("_keep", "_management", "_max_head", "_most", "_requests", "_rest", "newest")

    def __init__(self, keep: bool = True, max_head: int = MAX_HEAD, most_requests: int = 1) -> None:
        if not 1 <= most_requests <= MAX_REQUESTS:
            raise LocalProtocolError(f"{most_requests} requests at once: 1 to {MAX_REQUESTS} are possible")
        self._keep = keep
        self._max_head = max_head
        self._most = most_requests
        self._requests: dict[int, _Outgoing] = {}
        self._management = ResponseParser()
        self._rest = b""
        self.newest = MANAGEMENT

    @property
    def reusable(self) -> bool:
        """Whether a request may be begun now."""
        return len(self._requests) < self._most and (self._keep or not self.newest)

    @property
    def answering(self) -> tuple[int, ...]:
        """The requests whose response has not ended."""
        return tuple(number for number, request in self._requests.items() if request.parser is not None)

    def begin(self, encoded: bytes, static: bytes = b"", role: int = RESPONDER) -> bytes:
        """Open a request. encoded, static: blocks of `encode_pairs`; static is what does not change."""
        if role not in STREAMS:
            raise LocalProtocolError(f"{role} is no role")
        if not self.reusable:
            raise LocalProtocolError("no further request can be begun on this connection")
        request_id = next(number for number in range(1, self._most + 1) if number not in self._requests)
        self._requests[request_id] = _Outgoing(ResponseParser(request_id, self._max_head), STREAMS[role])
        self.newest = request_id
        return begin_request(request_id, self._keep, role) + params(request_id, static + encoded)

    def body(self, content: bytes, request_id: int = MANAGEMENT) -> bytes:
        """Some of the request's body; b"" closes it, once."""
        request_id = request_id or self.newest
        self._send(request_id, STDIN, not content)
        return stdin(request_id, content)

    def data(self, content: bytes, request_id: int = MANAGEMENT) -> bytes:
        """Some of a FILTER's file, behind the end of the body; b"" closes it, once."""
        request_id = request_id or self.newest
        self._send(request_id, DATA, not content)
        return data(request_id, content)

    def _send(self, request_id: int, kind: int, last: bool) -> None:
        request = self._requests.get(request_id)
        if request is None or request.streams[:1] != (kind,):
            raise LocalProtocolError(f"this stream of request {request_id} is not open")
        if last:
            request.streams = request.streams[1:]
            self._forget(request_id, request)

    def abort(self, request_id: int = MANAGEMENT) -> bytes:
        """Ask for an early end, once; the id is free again when its End has come."""
        request_id = request_id or self.newest
        request = self._requests.get(request_id)
        if request is None or request.parser is None or request.aborted:
            raise LocalProtocolError(f"request {request_id} is over, or was aborted before")
        request.aborted = True
        request.streams = ()
        return abort_request(request_id)

    def get_values(self, names: Iterable[bytes]) -> bytes:
        """Ask what the app can do: `Values` answers, as an event of request 0."""
        return get_values(names)

    def feed(self, received: bytes) -> list[Answer]:
        """Events that the bytes complete. Raises RemoteProtocolError; the connection is to be closed after
        it.
        """
        if self._rest:
            received = self._rest + received
        answers: list[Answer] = []
        at = 0
        while at + HEADER_SIZE <= len(received):
            version, kind, request_id, length, padding = unpack_header(received, at)
            if version != VERSION:
                raise RemoteProtocolError(f"FastCGI version {version}", status=502)
            after = at + HEADER_SIZE + length + padding
            if after > len(received):
                break
            self._record(kind, request_id, received[at:after], length, answers)
            at = after
        self._rest = received[at:]
        return answers

    def _record(self, kind: int, request_id: int, record: bytes, length: int, answers: list[Answer]) -> None:
        """record: with its header and padding."""
        if request_id == MANAGEMENT:
            answers += [Answer(MANAGEMENT, event) for event in self._management.feed(record)]
            return
        request = self._requests.get(request_id)
        if request is None or request.parser is None:
            raise RemoteProtocolError(f"record for request {request_id}, which is not open", status=502)
        if not request.aborted:
            answers += [Answer(request_id, event) for event in request.parser.feed(record)]
        elif kind == END_REQUEST:
            answers.append(Answer(request_id, parse_end(record[HEADER_SIZE : HEADER_SIZE + length])))
        if kind == END_REQUEST:
            request.parser = None
            self._forget(request_id, request)

    def _forget(self, request_id: int, request: _Outgoing) -> None:
        if request.parser is None and not request.streams:
            del self._requests[request_id]

    def end_of_file(self) -> None:
        """The app closed the connection. Raises RemoteProtocolError 502 when that cuts a response short."""
        cut = self.answering
        if cut:
            only = cut[0] if len(cut) == 1 else MANAGEMENT
            raise RemoteProtocolError(
                "the app closed the connection before its response was whole", 502, only
            )
