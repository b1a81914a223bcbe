"""What comes back on a connection that asks: the events of a response, and their parser.

One `ResponseParser` a connection. `feed` gives events in order: `Stderr` at any time, one `Head`, any number
of `Body`, one `End`. After `End` the parser is ready for the next request. `End` without a `Head` before it
comes only with a protocol status other than REQUEST_COMPLETE (OVERLOADED means 503). A connection that
reaches its end of file while `busy` is true has cut the response short: pass the truncation on.
`RemoteProtocolError` means: close, answer 502.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple, Union

from webstead.formats.fastcgi.head import MAX_HEAD, Head, find_head_end, parse_head
from webstead.formats.fastcgi.pairs import decode_pairs
from webstead.formats.fastcgi.records import (
    END_REQUEST,
    GET_VALUES_RESULT,
    HEADER_SIZE,
    MANAGEMENT,
    REQUEST_COMPLETE,
    STDERR,
    STDOUT,
    UNKNOWN_TYPE,
    VERSION,
    RemoteProtocolError,
    unpack_header,
)

__all__ = ["Body", "End", "Head", "ResponseEvent", "ResponseParser", "Stderr", "Values", "parse_end"]

_END_BODY = Struct(">IB")


class Body(NamedTuple):
    """Some bytes of the response's body, never empty."""

    data: bytes


class Stderr(NamedTuple):
    """Some bytes of the request's error stream, never empty; not cut at line ends."""

    data: bytes


class End(NamedTuple):
    """The request is over; the connection may carry the next one when it was begun with keep."""

    app_status: int
    protocol_status: int


class Values(NamedTuple):
    """The answer to `get_values`."""

    values: dict[str, str]


ResponseEvent = Union[Head, Body, Stderr, End, Values]


def parse_end(content: bytes) -> End:
    """The content of END_REQUEST. Raises RemoteProtocolError 502."""
    if len(content) < _END_BODY.size:
        raise RemoteProtocolError("END_REQUEST is cut short", status=502)
    app_status, protocol_status = _END_BODY.unpack_from(content)
    return End(app_status, protocol_status)


def _values(content: bytes) -> Values:
    try:
        return Values(decode_pairs(content))
    except RemoteProtocolError as error:  # its status is for one who sends a request
        raise RemoteProtocolError(str(error), status=502) from None


class ResponseParser:
    """Bytes of one connection in, events out; at most one request at a time.

    max_head: bytes allowed in the header block. busy: a request is open, as far as its answer has been seen
    to begin. before: the events of the data that broke the protocol, up to there.
    """

    __slots__ = ("_body", "_head", "_max_head", "_rest", "before", "request_id")

    def __init__(self, request_id: int = 1, max_head: int = MAX_HEAD) -> None:
        self.request_id = request_id
        self._max_head = max_head
        self._rest = b""
        self.before: list[ResponseEvent] = []
        self._reset()

    def _reset(self) -> None:
        self._head = b""
        self._body = False  # the head is behind us

    @property
    def busy(self) -> bool:
        """Whether part of an answer has been read and its end has not."""
        return self._body or bool(self._head) or bool(self._rest)

    def feed(self, data: bytes) -> list[ResponseEvent]:
        """Events that data completes. Raises RemoteProtocolError; the parser is of no use after it."""
        if self._rest:
            data = self._rest + data
        events: list[ResponseEvent] = []
        self.before = events
        at = 0
        size = len(data)
        while at + HEADER_SIZE <= size:
            version, kind, request_id, length, padding = unpack_header(data, at)
            if version != VERSION:
                raise RemoteProtocolError(f"FastCGI version {version}", status=502)
            start = at + HEADER_SIZE
            after = start + length + padding
            if after > size:
                break
            self._record(kind, request_id, data[start : start + length], events)
            at = after
        self._rest = data[at:]
        return events

    def _record(self, kind: int, request_id: int, content: bytes, events: list[ResponseEvent]) -> None:
        if request_id != self.request_id:
            self._foreign(kind, request_id, content, events)
        elif kind == STDOUT:
            self._stdout(content, events)
        elif kind == STDERR:
            if content:
                events.append(Stderr(content))
        elif kind == END_REQUEST:
            events.append(self._end(content))
        else:
            raise RemoteProtocolError(f"record of type {kind} in a response", status=502)

    def _foreign(self, kind: int, request_id: int, content: bytes, events: list[ResponseEvent]) -> None:
        if request_id != MANAGEMENT:
            raise RemoteProtocolError(f"record for request {request_id}, which is not open", status=502)
        if kind == GET_VALUES_RESULT:
            events.append(_values(content))
        elif kind != UNKNOWN_TYPE:
            raise RemoteProtocolError(f"management record of type {kind}", status=502)

    def _stdout(self, content: bytes, events: list[ResponseEvent]) -> None:
        if self._body:
            if content:
                events.append(Body(content))
            return
        if not content:  # wfastcgi ends its streams more than once: no reason to fail
            return
        searched = max(0, len(self._head) - 3)  # the empty line may straddle records
        head = self._head + content if self._head else content
        end = find_head_end(head, searched)
        if (end if end >= 0 else len(head)) > self._max_head:
            raise RemoteProtocolError(f"response header longer than {self._max_head} bytes", status=502)
        if end < 0:
            self._head = head
            return
        events.append(parse_head(head[:end]))
        self._head = b""
        self._body = True
        if end < len(head):
            events.append(Body(head[end:]))

    def _end(self, content: bytes) -> End:
        end = parse_end(content)
        if end.protocol_status == REQUEST_COMPLETE and not self._body:
            raise RemoteProtocolError("the response ended before its header did", status=502)
        self._reset()
        return end
