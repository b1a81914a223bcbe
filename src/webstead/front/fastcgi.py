"""The FastCGI side of an upstream connection: one request's bytes, and the reader of its response.

Most responses come whole in one read, with a head that was seen before: `whole_response` reads those in one
step, and everything else goes through the parser. Both give the same (there is a property test).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from webstead.formats.fastcgi.client import (
    Body,
    End,
    ResponseEvent,
    ResponseParser,
    Stderr,
    begin_request,
    params,
    stdin,
)
from webstead.formats.fastcgi.client import Head as CgiHead
from webstead.formats.fastcgi.head import parse_head
from webstead.formats.fastcgi.records import (
    HEADER_SIZE,
    MAX_CONTENT,
    OVERLOADED,
    PARAMS,
    REQUEST_COMPLETE,
    STDOUT,
    VERSION,
    RemoteProtocolError,
    pack_end,
    pack_record,
    unpack_header,
)
from webstead.front.error_stream import ErrorStream
from webstead.front.exchange import SERVER
from webstead.front.headers import response_headers
from webstead.front.upstream import Head, Incoming, Lost
from webstead.policies import Written

__all__ = ["END_OF_BODY", "FastCgiReader", "WholeResponse", "frame", "opening", "whole_response"]

_ID = 1
_BEGIN = begin_request(_ID)
_BEGIN_ONLY = begin_request(_ID, keep=False)
END_OF_BODY = stdin(_ID, b"")
_NO_MORE = pack_record(PARAMS, _ID, b"") + END_OF_BODY
_FINAL = 200  # a CGI response has no 1xx (RFC 3875, 6.3.3)
_OK = 200
_END = pack_end(_ID, 0, REQUEST_COMPLETE)
_TAILS = frozenset({_END, pack_record(STDOUT, _ID, b"") + _END})
_EMPTY_LINE = re.compile(rb"\A\r?\n|\n\r?\n|\n\Z|\A\Z")
_HEADS = 1024
_HEAD_KEPT = 512
_heads: dict[bytes, Head] = {}


class WholeResponse(NamedTuple):
    head: Head
    body: bytes


def opening(block: bytes, body: bytes | None, keep: bool = True) -> bytes:
    """The records that open a request, and those of its whole body. block: all its encoded parameters.
    body: None for one that follows. keep: the connection is left open for the next request."""
    begin = _BEGIN if keep else _BEGIN_ONLY
    if body == b"" and 0 < len(block) <= MAX_CONTENT:  # nearly every request
        return begin + pack_record(PARAMS, _ID, block) + _NO_MORE
    head = begin + params(_ID, block)
    if body is None:
        return head
    return head + (stdin(_ID, body) if body else b"") + END_OF_BODY


def frame(data: bytes) -> bytes:
    """Some of the request's body; it must not be empty, as that would close it."""
    return stdin(_ID, data)


def whole_response(data: bytes) -> WholeResponse | None:
    """The response, when these are all its bytes in the usual form: one record, then the end. None
    otherwise."""
    if len(data) < HEADER_SIZE:
        return None
    version, kind, request_id, length, padding = unpack_header(data, 0)
    end = HEADER_SIZE + length
    if version != VERSION or kind != STDOUT or request_id != _ID or data[end + padding :] not in _TAILS:
        return None
    cut = data.find(b"\r\n\r\n", HEADER_SIZE, end)
    if cut < 0:
        return None
    block = data[HEADER_SIZE:cut]
    head = _heads.get(block)
    if head is None:
        if _EMPTY_LINE.search(block):  # the head ended before
            return None
        head = _head_of(block)
    return WholeResponse(head, data[cut + 4 : end])


def _head_of(block: bytes) -> Head:
    """Raises RemoteProtocolError, or Lost, for a block that is no head."""
    parsed = parse_head(block)
    head = _sent(parsed)
    if len(block) <= _HEAD_KEPT and not any(name.lower() == b"set-cookie" for name, _ in parsed.headers):
        if len(_heads) >= _HEADS:
            _heads.clear()
        _heads[block] = head
    return head


def _sent(parsed: CgiHead) -> Head:
    if parsed.status < _FINAL:
        raise Lost(f"the app answered with the status {parsed.status}")
    return Head(parsed.status, response_headers(parsed.headers, SERVER))


class FastCgiReader:
    """Tells `into` of one response after the other, and `report` of each line of their error streams. mode:
    the site's stderrMode."""

    __slots__ = ("_errors", "_into", "_parser", "_passes", "_within")

    def __init__(
        self, into: Incoming, report: Callable[[bytes], None], mode: Written[str] | None = None
    ) -> None:
        self._parser = ResponseParser(_ID)
        self._into = into
        self._errors = ErrorStream(report, mode)
        self._within = False
        self._passes = False  # the response is on its way to the client

    def feed(self, data: bytes) -> None:
        try:
            whole = None if self._within else whole_response(data)
            if whole is not None:
                self._into.on_whole(whole.head, whole.body)
                return
            if not self._within:
                self._errors.begin()
                self._within, self._passes = True, False
            events = self._parser.feed(data)
        except RemoteProtocolError as error:
            self._broken(error)
            return
        for event in events:
            if not self._within:
                raise Lost("the app sent more than one response")
            self._take(event)

    def _take(self, event: ResponseEvent) -> None:
        if isinstance(event, Stderr):
            self._error_output(event.data)
        elif isinstance(event, End):
            self._end(event)
        elif self._errors.refuses and not self._passes:
            return
        elif isinstance(event, Body):
            self._into.on_body(event.data)
        elif isinstance(event, CgiHead):
            self._passes = True
            self._into.on_head(_sent(event))

    def _error_output(self, data: bytes) -> None:
        self._errors.feed(data)
        if self._errors.ends_process:
            self._errors.flush()
            self._into.on_refused(self._errors.verdict, reusable=False)
            raise Lost("the app wrote to its error stream")

    def _broken(self, error: RemoteProtocolError) -> None:
        """No response; the error stream may tell why."""
        for event in self._parser.before:
            if isinstance(event, Stderr):
                self._error_output(event.data)
        self._errors.flush()
        if self._errors.excuses and not self._passes:
            self._into.on_head(Head(_OK, []))
            self._into.on_end(False)
            return
        if self._errors.refuses and not self._passes:
            self._into.on_refused(self._errors.verdict, reusable=False)
        raise Lost(str(error)) from error

    def _end(self, event: End) -> None:
        self._errors.flush()
        self._within = False
        if event.protocol_status == OVERLOADED:
            raise Lost("the app is overloaded")
        if event.protocol_status:
            raise Lost(f"the app refused the request: protocol status {event.protocol_status}")
        reusable = not self._parser.busy
        if self._errors.refuses and not self._passes:
            self._into.on_refused(self._errors.verdict, reusable)
        else:
            self._into.on_end(reusable)

    def finish(self) -> None:
        self._errors.flush()
        if self._errors.refuses and not self._passes:
            self._into.on_refused(self._errors.verdict, reusable=False)
        raise Lost("the app closed the connection before its response was whole")

    def forget(self) -> None:
        """It is told nothing and holds no circle but with its connection, which lets go of it."""
