"""The FastCGI side of an upstream connection: one request's bytes, and the reader of its response."""

from __future__ import annotations

from collections.abc import Callable

from webstead.formats.fastcgi.client import Body, End, ResponseParser, Stderr, begin_request, params, stdin
from webstead.formats.fastcgi.client import Head as CgiHead
from webstead.formats.fastcgi.records import OVERLOADED, RemoteProtocolError
from webstead.front.upstream import Head, Incoming, Lost

__all__ = ["END_OF_BODY", "FastCgiReader", "frame", "opening"]

_ID = 1
_BEGIN = begin_request(_ID)
END_OF_BODY = stdin(_ID, b"")
_LONGEST_LINE = 2048
_FINAL = 200  # a CGI response has no 1xx (RFC 3875, 6.3.3)


def opening(block: bytes) -> bytes:
    """The records that open a request. block: all its encoded parameters."""
    return _BEGIN + params(_ID, block)


def frame(data: bytes) -> bytes:
    """Some of the request's body; it must not be empty, as that would close it."""
    return stdin(_ID, data)


class FastCgiReader:
    """Tells `into` of one response, and `report` of each line of its error stream."""

    __slots__ = ("_errors", "_into", "_parser", "_report")

    def __init__(self, into: Incoming, report: Callable[[bytes], None]) -> None:
        self._parser = ResponseParser(_ID)
        self._into = into
        self._report = report
        self._errors = b""

    def feed(self, data: bytes) -> None:
        try:
            events = self._parser.feed(data)
        except RemoteProtocolError as error:
            raise Lost(str(error)) from error
        into = self._into
        for event in events:
            if isinstance(event, Body):
                into.on_body(event.data)
            elif isinstance(event, CgiHead):
                if event.status < _FINAL:
                    raise Lost(f"the app answered with the status {event.status}")
                into.on_head(Head(event.status, event.headers))
            elif isinstance(event, End):
                self._end(event)
            elif isinstance(event, Stderr):
                self._error_output(event.data)

    def _error_output(self, data: bytes) -> None:
        *lines, rest = (self._errors + data).split(b"\n")
        for line in lines:
            self._report(line)
        self._errors = rest
        if len(rest) > _LONGEST_LINE:
            self._flush_errors()

    def _flush_errors(self) -> None:
        if self._errors:
            self._report(self._errors)
            self._errors = b""

    def _end(self, event: End) -> None:
        self._flush_errors()
        if event.protocol_status == OVERLOADED:
            raise Lost("the app is overloaded")
        if event.protocol_status:
            raise Lost(f"the app refused the request: protocol status {event.protocol_status}")
        self._into.on_end(not self._parser.busy)

    def finish(self) -> None:
        self._flush_errors()
        raise Lost("the app closed the connection before its response was whole")
