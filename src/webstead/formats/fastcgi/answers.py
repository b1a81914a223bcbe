"""The records that answer a request: its output, its errors, its end."""

from __future__ import annotations

from struct import Struct

from webstead.formats.fastcgi.records import (
    MAX_CONTENT,
    REQUEST_COMPLETE,
    STDERR,
    STDOUT,
    Buffer,
    pack_end,
    pack_record,
    pack_stream,
)

__all__ = ["STDERR_BYTES", "end_of_response", "stderr", "stdout", "stdout_header", "whole_response"]

STDERR_BYTES = 65528
"""Bytes of the error stream of one request, all in one record: what is longer goes to the log only.
Precedents: Apache and nginx cut a log line at 8 and 2 KiB, IIS shows the text as its 500 page."""


def stdout(request_id: int, data: Buffer) -> bytes:
    """Some of the response, as records. Empty data gives no bytes."""
    return pack_stream(STDOUT, request_id, data)


def stdout_header(request_id: int, size: int) -> bytes:
    """What stands before size bytes of the response, 1 to MAX_CONTENT, that are sent on their own, from a
    file."""
    return pack_record(STDOUT, request_id, b"")[:4] + _SIZES.pack(size, 0)


def stderr(request_id: int, data: bytes) -> bytes:
    """The whole error stream of a request, closed: once for a request at most, before its end.

    Of more than STDERR_BYTES the last ones are sent: a traceback says there what went wrong. Empty data gives
    no bytes: a stream without errors may be absent (section 6.1).
    """
    if not data:
        return b""
    return pack_record(STDERR, request_id, data[-STDERR_BYTES:]) + pack_record(STDERR, request_id, b"")


def _ending(request_id: int, app_status: int) -> bytes:
    return pack_record(STDOUT, request_id, b"") + pack_end(request_id, app_status, REQUEST_COMPLETE)


_ENDING_OF_1 = _ending(1, 0)
_STDOUT_OF_1 = pack_record(STDOUT, 1, b"")[:4]
_SIZES = Struct(">HBx")
_PADDING = tuple(bytes(count) for count in range(8))


def end_of_response(request_id: int, app_status: int = 0) -> bytes:
    """The terminator of STDOUT and END_REQUEST. A header block must have been sent before (nginx answers 502
    else). app_status: what a CGI program would have exited with; every known server ignores it.
    """
    return _ENDING_OF_1 if request_id == 1 and not app_status else _ending(request_id, app_status)


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
    return pack_record(STDOUT, request_id, head + body) + _ending(request_id, 0)
