"""The app's side of a connection: bytes in, events out; and the encoders of its answers.

One request at a time, as every known server asks for it. States, and what moves between them:

    IDLE ── BEGIN_REQUEST ──▶ PARAMS ── empty PARAMS ──▶ GATHER ── empty STDIN ──▶ OPEN ── done() ──▶ IDLE
                                                           └── more than `gather` bytes ──▶ STREAM ── empty
                                                           STDIN ──▶ OPEN

GATHER collects a small body, so that one event carries the whole request and a slow upload holds no thread.
done() is called when END_REQUEST has been sent, in OPEN or in STREAM; records that still come for that
request are then of an inactive id, and ignored. Every breach has its answer: a Reply, silence where the
specification says so, or RemoteProtocolError, after which the connection is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Callable, NamedTuple, Union

from webstead.formats.fastcgi.pairs import MAX_PAIRS, PairsDecoder, decode_pairs, encode_pairs
from webstead.formats.fastcgi.records import (
    ABORT_REQUEST,
    BEGIN_REQUEST,
    CANT_MPX_CONN,
    GET_VALUES,
    GET_VALUES_RESULT,
    HEADER_SIZE,
    KEEP_CONN,
    MANAGEMENT,
    MAX_CONTENT,
    PARAMS,
    REQUEST_COMPLETE,
    RESPONDER,
    STDIN,
    STDOUT,
    UNKNOWN_ROLE,
    UNKNOWN_TYPE,
    VERSION,
    Buffer,
    LocalProtocolError,
    RemoteProtocolError,
    pack_begin,
    pack_end,
    pack_record,
    pack_stream,
    unpack_header,
)

__all__ = [
    "GATHER_BYTES",
    "MAX_PARAMS",
    "Aborted",
    "BodyEnd",
    "Chunk",
    "Reply",
    "Request",
    "ServerConnection",
    "ServerEvent",
    "end_of_response",
    "stdout",
    "whole_response",
]

GATHER_BYTES = 65536
"""A body up to this size is handed over whole. Precedents: uWSGI post-buffering 4 to 64 KiB, nginx
client_body_buffer_size 16 KiB."""

MAX_PARAMS = 262144
"""Bytes of one PARAMS stream. Precedents: nginx and lighttpd send at most 65535, Apache up to 100 fields of
8190 bytes, uWSGI buffer-size 64 KiB at most."""

IDLE, IN_PARAMS, GATHER, STREAM, OPEN = range(5)

_OPENING = Struct(">10xB5x4sHBx")
_BEGIN_BODY = Struct(">HB")


class Request(NamedTuple):
    """A request to run. params: latin-1 text. body: all of it when complete, else its first bytes, and Chunk
    events follow up to BodyEnd. keep: the connection stays open behind the response."""

    request_id: int
    params: dict[str, str]
    keep: bool
    body: bytes
    complete: bool


class Chunk(NamedTuple):
    """Further bytes of the body of a Request that was not complete."""

    data: bytes


class BodyEnd(NamedTuple):
    """The body of a Request that was not complete has ended."""


class Aborted(NamedTuple):
    """The server wants no answer any more: end the request soon."""


class Reply(NamedTuple):
    """Bytes to send now. close: nothing more is to be read from the connection."""

    data: bytes
    close: bool


ServerEvent = Union[Request, Chunk, BodyEnd, Aborted, Reply]


def stdout(request_id: int, data: Buffer) -> bytes:
    """Some of the response, as records. Empty data gives no bytes."""
    return pack_stream(STDOUT, request_id, data)


def _ending(request_id: int) -> bytes:
    return pack_record(STDOUT, request_id, b"") + pack_end(request_id, 0, REQUEST_COMPLETE)


_ENDING_OF_1 = _ending(1)
_BEGIN_OF_1 = pack_begin(1, RESPONDER, 0)[:10]
_PARAMS_OF_1 = pack_record(PARAMS, 1, b"")[:4]
_NO_BODY_OF_1 = pack_record(PARAMS, 1, b"") + pack_record(STDIN, 1, b"")
_STDOUT_OF_1 = pack_record(STDOUT, 1, b"")[:4]
_SIZES = Struct(">HBx")
_PADDING = tuple(bytes(count) for count in range(8))


def end_of_response(request_id: int) -> bytes:
    """The terminator of STDOUT and END_REQUEST. A header block must have been sent before (nginx answers 502
    else).
    """
    return _ENDING_OF_1 if request_id == 1 else _ending(request_id)


def whole_response(request_id: int, head: bytes, body: bytes) -> bytes:
    """A response from its header block to its END_REQUEST, for one send."""
    size = len(head) + len(body)
    if size > MAX_CONTENT:
        return b"".join((stdout(request_id, head), stdout(request_id, body), end_of_response(request_id)))
    padding = -size & 7
    if request_id == 1:
        return b"".join(
            (_STDOUT_OF_1, _SIZES.pack(size, padding), head, body, _PADDING[padding], _ENDING_OF_1)
        )
    return pack_record(STDOUT, request_id, head + body) + _ending(request_id)


class ServerConnection:
    """values: the answers to GET_VALUES. gather: bytes of a body that Request waits for. base: parameters
    that a request has when it does not bring them.

    request_id: that of the request in progress, else 0.
    """

    __slots__ = (
        "_body",
        "_decoder",
        "_keep",
        "_max_pairs",
        "_max_params",
        "_params",
        "_rest",
        "_size",
        "_state",
        "_values",
        "gather",
        "request_id",
    )

    def __init__(
        self,
        values: Mapping[str, str],
        gather: int = GATHER_BYTES,
        max_params: int = MAX_PARAMS,
        max_pairs: int = MAX_PAIRS,
        base: Mapping[str, str] | None = None,
    ) -> None:
        self.gather = gather
        self.request_id = MANAGEMENT
        self._values = values
        self._max_params = max_params
        self._max_pairs = max_pairs
        self._decoder = PairsDecoder(max_pairs, base)
        self._rest = b""
        self._state = IDLE
        self._keep = False
        self._params: list[bytes] = []
        self._body: list[bytes] = []
        self._size = 0

    @property
    def idle(self) -> bool:
        """Between two requests, with nothing of the next one read."""
        return self._state == IDLE and not self._rest

    @property
    def body_open(self) -> bool:
        """Whether more of the request's body is to come."""
        return self._state == STREAM

    def done(self) -> bool:
        """END_REQUEST has been sent. Returns whether the connection stays open."""
        if self._state not in (OPEN, STREAM):
            raise LocalProtocolError("no request is running on this connection")
        self._state = IDLE
        self.request_id = MANAGEMENT
        return self._keep

    def feed(self, data: bytes) -> list[ServerEvent]:
        """Events that data completes. Raises RemoteProtocolError; the connection is to be closed after it."""
        if self._state == IDLE and not self._rest:
            request = self._small(data)
            if request is not None:
                return [request]
        elif self._rest:
            data = self._rest + data
        events: list[ServerEvent] = []
        at = 0
        size = len(data)
        while at + HEADER_SIZE <= size:
            version, kind, request_id, length, padding = unpack_header(data, at)
            if version != VERSION:
                raise self._breach(f"FastCGI version {version}")
            start = at + HEADER_SIZE
            after = start + length + padding
            if after > size:
                break
            self._record(kind, request_id, data[start : start + length], events)
            at = after
        self._rest = data[at:]
        return events

    def _small(self, data: bytes) -> Request | None:
        """The request, when data is exactly one whole request without a body, as nearly all are; else
        None.
        """
        if len(data) < _OPENING.size:
            return None
        flags, second, length, padding = _OPENING.unpack_from(data)
        start = _OPENING.size
        end = start + length
        if (
            second != _PARAMS_OF_1
            or not data.startswith(_BEGIN_OF_1)
            or data[end + padding :] != _NO_BODY_OF_1
            or not 0 < length <= self._max_params
        ):
            return None
        self.request_id = 1
        params = self._decode(data[start:end])
        self._keep = bool(flags & KEEP_CONN)
        self._state = OPEN
        return Request(1, params, self._keep, b"", True)

    def _record(self, kind: int, request_id: int, content: bytes, events: list[ServerEvent]) -> None:
        if request_id == MANAGEMENT:
            events.append(self._manage(kind, content))
        elif kind == BEGIN_REQUEST:
            self._begin(request_id, content, events)
        elif request_id == self.request_id:
            action = _ACTIONS.get((self._state, kind))
            if action is not None:
                action(self, content, events)

    def _manage(self, kind: int, content: bytes) -> Reply:
        if kind != GET_VALUES:
            return Reply(pack_record(UNKNOWN_TYPE, MANAGEMENT, bytes((kind, 0, 0, 0, 0, 0, 0, 0))), False)
        names = decode_pairs(content, self._max_pairs)
        known = [(name.encode(), self._values[name].encode()) for name in names if name in self._values]
        return Reply(pack_record(GET_VALUES_RESULT, MANAGEMENT, encode_pairs(known)), False)

    def _begin(self, request_id: int, content: bytes, events: list[ServerEvent]) -> None:
        if len(content) < 8:
            raise self._breach("BEGIN_REQUEST is cut short")
        role, flags = _BEGIN_BODY.unpack_from(content)
        keep = bool(flags & KEEP_CONN)
        if self._state != IDLE:
            if request_id == self.request_id:
                raise self._breach(f"request {request_id} was begun twice")
            events.append(Reply(pack_end(request_id, 0, CANT_MPX_CONN), False))
        elif role != RESPONDER:
            events.append(Reply(pack_end(request_id, 0, UNKNOWN_ROLE), not keep))
        else:
            self.request_id = request_id
            self._keep = keep
            self._state = IN_PARAMS
            self._params = []
            self._body = []
            self._size = 0

    def _on_params(self, content: bytes, events: list[ServerEvent]) -> None:
        if content:
            self._size += len(content)
            if self._size > self._max_params:
                raise self._breach(f"more than {self._max_params} bytes of parameters", 431)
            self._params.append(content)
        else:
            self._state = GATHER
            self._size = 0

    def _on_gather(self, content: bytes, events: list[ServerEvent]) -> None:
        self._body.append(content)
        self._size += len(content)
        if not content or self._size > self.gather:
            self._state = STREAM if content else OPEN
            events.append(self._request())

    def _on_stream(self, content: bytes, events: list[ServerEvent]) -> None:
        if content:
            events.append(Chunk(content))
        else:
            self._state = OPEN
            events.append(BodyEnd())

    def _on_abort_early(self, content: bytes, events: list[ServerEvent]) -> None:
        """The request has not been handed over: nobody waits for a header block, END_REQUEST is the whole
        answer.
        """
        events.append(Reply(end_of_response(self.request_id), not self._keep))
        self._state = IDLE
        self.request_id = MANAGEMENT

    def _on_abort(self, content: bytes, events: list[ServerEvent]) -> None:
        events.append(Aborted())

    def _on_breach(self, content: bytes, events: list[ServerEvent]) -> None:
        if content:
            raise self._breach("a record of a stream that is closed, or not yet open")

    def _request(self) -> Request:
        params = self._decode(b"".join(self._params))
        body = b"".join(self._body)
        self._params = []
        self._body = []
        return Request(self.request_id, params, self._keep, body, self._state == OPEN)

    def _decode(self, block: bytes) -> dict[str, str]:
        try:
            return self._decoder.decode(block)
        except RemoteProtocolError as error:
            raise self._breach(str(error), error.status) from None

    def _breach(self, message: str, status: int = 400) -> RemoteProtocolError:
        return RemoteProtocolError(message, status, self.request_id)


_Action = Callable[[ServerConnection, bytes, "list[ServerEvent]"], None]

_ACTIONS: dict[tuple[int, int], _Action] = {
    (IN_PARAMS, PARAMS): ServerConnection._on_params,
    (IN_PARAMS, STDIN): ServerConnection._on_breach,
    (IN_PARAMS, ABORT_REQUEST): ServerConnection._on_abort_early,
    (GATHER, PARAMS): ServerConnection._on_breach,
    (GATHER, STDIN): ServerConnection._on_gather,
    (GATHER, ABORT_REQUEST): ServerConnection._on_abort_early,
    (STREAM, PARAMS): ServerConnection._on_breach,
    (STREAM, STDIN): ServerConnection._on_stream,
    (STREAM, ABORT_REQUEST): ServerConnection._on_abort,
    (OPEN, PARAMS): ServerConnection._on_breach,
    (OPEN, STDIN): ServerConnection._on_breach,
    (OPEN, ABORT_REQUEST): ServerConnection._on_abort,
}
"""What a record of the request in progress does. A type that is not here (DATA, an answer's type, an unknown
one) is passed over: UNKNOWN_TYPE is for management records only (section 4.2)."""
