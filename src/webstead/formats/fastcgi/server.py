"""The app's side of a connection: bytes in, events out.

Up to `most_requests` requests (by default one) are active at once, each from its BEGIN_REQUEST to `done`,
which is called when its END_REQUEST is sent. What still comes for it then is of an inactive id, and ignored.
How one request is read stands in `incoming`; the encoders of its answer are those of `answers`.

Every breach has its answer:

    bytes of parameters > MAX_PARAMS         Refused 431; the connection goes on
    pairs of parameters > MAX_PAIRS          Refused 431; the connection goes on
    names in GET_VALUES > MAX_PAIRS          RemoteProtocolError 431, of no request
    body > GATHER_BYTES                      none: the body streams, as fast as its reader reads
    a second request, not multiplexed        END_REQUEST with CANT_MPX_CONN
    active requests > most_requests (> 1)    END_REQUEST with OVERLOADED
    a role that is none of the three         END_REQUEST with UNKNOWN_ROLE
    errors of a request > STDERR_BYTES       the last of them are sent (`answers.stderr`)
    a record of an inactive request          ignored (section 3.3)
    a type without meaning for its request   ignored; with id 0: UNKNOWN_TYPE (sections 3.3 and 4.2)
    ABORT_REQUEST                            before the Request event END_REQUEST, behind it Aborted, behind
                                             Refused nothing: its answer is on the way
    another version; a BEGIN_REQUEST of      RemoteProtocolError 400: what follows cannot be trusted, the
    less than 8 bytes, or of an active id;   connection is to be closed
    bytes in a stream out of turn; a pair
    that does not end within its stream
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct

from webstead.formats.fastcgi.answers import (
    STDERR_BYTES,
    end_of_response,
    stderr,
    stdout,
    stdout_header,
    whole_response,
)
from webstead.formats.fastcgi.events import (
    Aborted,
    BodyEnd,
    Chunk,
    DataChunk,
    DataEnd,
    Refused,
    Reply,
    Request,
    ServerEvent,
)
from webstead.formats.fastcgi.incoming import (
    ACTIONS,
    EARLY,
    GONE,
    OPEN,
    PARAMS_COMING,
    SPENT,
    TOO_LARGE,
    WHOLE,
    Incoming,
    Limits,
)
from webstead.formats.fastcgi.pairs import MAX_PAIRS, PairsDecoder, decode_pairs, encode_pairs
from webstead.formats.fastcgi.records import (
    BEGIN_REQUEST,
    CANT_MPX_CONN,
    GET_VALUES,
    GET_VALUES_RESULT,
    HEADER_SIZE,
    KEEP_CONN,
    MANAGEMENT,
    MAX_REQUESTS,
    OVERLOADED,
    PARAMS,
    RESPONDER,
    STDIN,
    STREAMS,
    UNKNOWN_ROLE,
    UNKNOWN_TYPE,
    VERSION,
    LocalProtocolError,
    RemoteProtocolError,
    pack_begin,
    pack_end,
    pack_record,
    unpack_header,
)

__all__ = [
    "GATHER_BYTES",
    "MAX_PAIRS",
    "MAX_PARAMS",
    "MAX_REQUESTS",
    "STDERR_BYTES",
    "Aborted",
    "BodyEnd",
    "Chunk",
    "DataChunk",
    "DataEnd",
    "Refused",
    "Reply",
    "Request",
    "ServerConnection",
    "ServerEvent",
    "end_of_response",
    "stderr",
    "stdout",
    "stdout_header",
    "whole_response",
]

GATHER_BYTES = 65536
"""A body up to this size is handed over whole. Precedents: uWSGI post-buffering 4 to 64 KiB, nginx
client_body_buffer_size 16 KiB."""

MAX_PARAMS = 262144
"""Bytes of one PARAMS stream. Precedents: nginx and lighttpd send at most 65535, Apache up to 100 fields of
8190 bytes, uWSGI buffer-size 64 KiB at most."""

_OPENING = Struct(">10sB5x4sHBx")
_BEGIN_BODY = Struct(">HB")
_BEGIN_OF_1 = pack_begin(1, RESPONDER, 0)[:10]
_PARAMS_OF_1 = pack_record(PARAMS, 1, b"")[:4]
_NO_BODY_OF_1 = pack_record(PARAMS, 1, b"") + pack_record(STDIN, 1, b"")

_KEPT = Incoming(WHOLE, True)
_WHOLE = (Incoming(WHOLE, False), _KEPT)
_SPENT = (Incoming(SPENT, False), Incoming(SPENT, True))
"""By `keep`: nothing changes a request that has been read to its end, so one of each will do."""


class ServerConnection:
    """values: the answers to GET_VALUES. gather: bytes of a body that Request waits for. base: parameters
    that a request has when it does not bring them. most_requests: active at once, 1 to MAX_REQUESTS.

    unread: when done() has said that the connection closes, whether that request's body was still coming.

    No two threads may use it at the same time.
    """

    __slots__ = (
        "_closing",
        "_decoder",
        "_limits",
        "_max_pairs",
        "_max_params",
        "_most",
        "_requests",
        "_rest",
        "_values",
        "unread",
    )

    def __init__(
        self,
        values: Mapping[str, str],
        gather: int = GATHER_BYTES,
        max_params: int = MAX_PARAMS,
        max_pairs: int = MAX_PAIRS,
        base: Mapping[str, str] | None = None,
        most_requests: int = 1,
    ) -> None:
        if not 1 <= most_requests <= MAX_REQUESTS:
            raise LocalProtocolError(f"{most_requests} requests at once: 1 to {MAX_REQUESTS} are possible")
        self._values = values
        self._decoder = PairsDecoder(max_pairs, base)
        self._max_params = max_params
        self._max_pairs = max_pairs
        self._limits = Limits(gather, max_params, self._decoder)
        self._most = most_requests
        self._requests: dict[int, Incoming] = {}
        self._closing = False  # a request that does not keep the connection has ended
        self._rest = b""
        self.unread = False

    @property
    def idle(self) -> bool:
        """Between two requests, with nothing of the next one read."""
        return not self._requests and not self._rest

    @property
    def active(self) -> int:
        """How many requests have been begun and are not done."""
        return len(self._requests)

    @property
    def request_id(self) -> int:
        """That of the request in progress, of several the one begun first, else 0."""
        return next(iter(self._requests), MANAGEMENT)

    def body_open(self, request_id: int) -> bool:
        """Whether STDIN, or DATA, of this request is still to come."""
        request = self._requests.get(request_id)
        return request is not None and request.state in OPEN

    def done(self, request_id: int) -> bool:
        """END_REQUEST has been sent, or is sent next. Returns whether the connection stays open behind it.

        Where somebody else may feed the connection meanwhile, call it before that send: the server may use
        the id again as soon as it has read the END_REQUEST.
        """
        request = self._requests.pop(request_id, None)
        if request is _KEPT and not self._closing:  # as nearly always
            return True
        if request is None or request.state in EARLY:
            raise LocalProtocolError(f"request {request_id} is not running on this connection")
        self.unread = request.state in OPEN
        return self._stays_open(request.keep)

    def _stays_open(self, keep: bool) -> bool:
        """A request has ended. Without its KEEP_CONN the connection closes, once no other is active."""
        self._closing = self._closing or not keep
        return not self._closing or bool(self._requests)

    def feed(self, data: bytes) -> list[ServerEvent]:
        """Events that data completes. Raises RemoteProtocolError; the connection is to be closed after it."""
        if self._rest:
            data = self._rest + data
        elif not self._requests:
            request = self._small(data)
            if request is not None:
                return [request]
        events: list[ServerEvent] = []
        at = 0
        size = len(data)
        while at + HEADER_SIZE <= size:
            version, kind, request_id, length, padding = unpack_header(data, at)
            if version != VERSION:
                raise RemoteProtocolError(f"FastCGI version {version}", 400, self._only())
            start = at + HEADER_SIZE
            after = start + length + padding
            if after > size:
                break
            self._record(kind, request_id, data[start : start + length], events)
            at = after
        self._rest = data[at:]
        return events

    def _small(self, data: bytes) -> Request | Refused | None:
        """The request, when data is exactly one whole request without a body, as nearly all are; else
        None.
        """
        if len(data) < _OPENING.size:
            return None
        first, flags, second, length, padding = _OPENING.unpack_from(data)
        start = _OPENING.size
        end = start + length
        if (
            first != _BEGIN_OF_1
            or second != _PARAMS_OF_1
            or data[end + padding :] != _NO_BODY_OF_1
            or not 0 < length <= self._max_params
        ):
            return None
        keep = bool(flags & KEEP_CONN)
        try:
            params = self._decoder.decode(data[start:end])
        except RemoteProtocolError as error:
            if error.status != TOO_LARGE:
                raise RemoteProtocolError(str(error), error.status, 1) from None
            self._requests[1] = _SPENT[keep]
            return Refused(1, TOO_LARGE, str(error), keep)
        self._requests[1] = _WHOLE[keep]
        return Request(1, params, keep, b"", True)

    def _record(self, kind: int, request_id: int, content: bytes, events: list[ServerEvent]) -> None:
        if request_id == MANAGEMENT:
            events.append(self._manage(kind, content))
            return
        if kind == BEGIN_REQUEST:
            self._begin(request_id, content, events)
            return
        request = self._requests.get(request_id)
        if request is not None:
            action = ACTIONS.get((request.state, kind))
            if action is not None:
                action(request, request_id, content, self._limits, events)
                if request.state == GONE:  # no header block: END_REQUEST is the whole answer
                    del self._requests[request_id]
                    events.append(Reply(end_of_response(request_id), not self._stays_open(request.keep)))

    def _manage(self, kind: int, content: bytes) -> Reply:
        if kind != GET_VALUES:
            return Reply(pack_record(UNKNOWN_TYPE, MANAGEMENT, bytes((kind, 0, 0, 0, 0, 0, 0, 0))), False)
        names = decode_pairs(content, self._max_pairs)
        known = [(name.encode(), self._values[name].encode()) for name in names if name in self._values]
        return Reply(pack_record(GET_VALUES_RESULT, MANAGEMENT, encode_pairs(known)), False)

    def _begin(self, request_id: int, content: bytes, events: list[ServerEvent]) -> None:
        if len(content) < 8:
            raise RemoteProtocolError("BEGIN_REQUEST is cut short", 400, self._only())
        if request_id in self._requests:
            raise RemoteProtocolError(f"request {request_id} was begun twice", 400, request_id)
        role, flags = _BEGIN_BODY.unpack_from(content)
        keep = bool(flags & KEEP_CONN)
        if len(self._requests) >= self._most:
            status = CANT_MPX_CONN if self._most == 1 else OVERLOADED
            events.append(Reply(pack_end(request_id, 0, status), False))
        elif role not in STREAMS:
            events.append(Reply(pack_end(request_id, 0, UNKNOWN_ROLE), not self._stays_open(keep)))
        else:
            self._requests[request_id] = Incoming(PARAMS_COMING, keep, role)

    def _only(self) -> int:
        """The request that a breach of the framing concerns: the one in progress, when there is just one."""
        return self.request_id if len(self._requests) == 1 else MANAGEMENT
