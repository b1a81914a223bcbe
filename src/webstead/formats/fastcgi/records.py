"""The record layer of FastCGI 1.0: names, numbers, headers and limits. Both sides read these tables.

A connection carries records: 8 bytes of header (version, type, request id, content length, padding length,
reserved), then content, then padding. Records with id 0 manage the connection; all others belong to the
request that a BEGIN_REQUEST record opened and an END_REQUEST record closes. PARAMS, STDIN, STDOUT, STDERR and
DATA are streams: any number of records, closed by one that is empty.

Source: FastCGI Specification 1.0, sections 3 to 5 and 8.
"""

from __future__ import annotations

from struct import Struct
from typing import Union

__all__ = [
    "ABORT_REQUEST",
    "AUTHORIZER",
    "BEGIN_REQUEST",
    "CANT_MPX_CONN",
    "DATA",
    "END_REQUEST",
    "FILTER",
    "GET_VALUES",
    "GET_VALUES_RESULT",
    "HEADER_SIZE",
    "KEEP_CONN",
    "MANAGEMENT",
    "MAX_CONTENT",
    "MAX_CONTENT_ALIGNED",
    "MAX_REQUESTS",
    "OVERLOADED",
    "PARAMS",
    "REQUEST_COMPLETE",
    "RESPONDER",
    "STDERR",
    "STDIN",
    "STDOUT",
    "STREAMS",
    "UNKNOWN_ROLE",
    "UNKNOWN_TYPE",
    "VERSION",
    "Buffer",
    "LocalProtocolError",
    "RemoteProtocolError",
    "pack_begin",
    "pack_end",
    "pack_record",
    "pack_stream",
    "unpack_header",
]

Buffer = Union[bytes, bytearray, memoryview]

VERSION = 1
HEADER_SIZE = 8
MANAGEMENT = 0
"""The request id of records that manage the connection."""

# Record types, section 8.
BEGIN_REQUEST = 1
ABORT_REQUEST = 2
END_REQUEST = 3
PARAMS = 4
STDIN = 5
STDOUT = 6
STDERR = 7
DATA = 8
GET_VALUES = 9
GET_VALUES_RESULT = 10
UNKNOWN_TYPE = 11

# Roles, section 6.
RESPONDER = 1
AUTHORIZER = 2
FILTER = 3

STREAMS = {RESPONDER: (STDIN,), AUTHORIZER: (), FILTER: (STDIN, DATA)}
"""The streams that follow PARAMS in each role, in this order. Another role is an unknown one."""

# Flags of BEGIN_REQUEST.
KEEP_CONN = 1

# Protocol statuses of END_REQUEST, section 5.5.
REQUEST_COMPLETE = 0
CANT_MPX_CONN = 1
OVERLOADED = 2
UNKNOWN_ROLE = 3

MAX_CONTENT = 65535
"""Bytes that one record can carry: its length field has 16 bits. 65536 is a well-known off-by-one
(sharpfastcgi #6).
"""

MAX_CONTENT_ALIGNED = 65528
"""The largest content that needs no padding, for long streams."""

MAX_REQUESTS = 100
"""Requests that may be active at once on one connection. Precedents: RFC 9113 advises no less than 100, nginx
http2_max_concurrent_streams 128. Each may hold MAX_PARAMS and GATHER_BYTES in memory."""

_HEADER = Struct(">BBHHBx")
_BEGIN = Struct(">BBHHBxHB5x")
_END = Struct(">BBHHBxIB3x")
_PADDING = tuple(bytes(count) for count in range(8))

unpack_header = _HEADER.unpack_from
"""(version, type, request id, content length, padding length) of the header at an offset."""


class RemoteProtocolError(Exception):
    """The peer broke the protocol or a limit; the connection cannot be used further.

    status: the HTTP status that answers the request when its id is known and nothing was sent yet.
    request_id: the request it concerns, 0 when none is open, or when it may concern several.
    """

    def __init__(self, message: str, status: int = 400, request_id: int = MANAGEMENT) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id


class LocalProtocolError(Exception):
    """This program asked for something that the protocol does not allow at this point: our own bug."""


def pack_record(kind: int, request_id: int, content: Buffer) -> bytes:
    """One record, padded to a multiple of 8 as section 3.3 recommends. content: at most MAX_CONTENT bytes."""
    size = len(content)
    padding = -size & 7
    return b"".join((_HEADER.pack(VERSION, kind, request_id, size, padding), content, _PADDING[padding]))


def pack_stream(kind: int, request_id: int, data: Buffer) -> bytes:
    """All of data as records of a stream; empty data gives no bytes, as an empty record would close the
    stream.
    """
    if len(data) <= MAX_CONTENT:
        return pack_record(kind, request_id, data) if data else b""
    view = memoryview(data)
    starts = range(0, len(view), MAX_CONTENT_ALIGNED)
    return b"".join([pack_record(kind, request_id, view[at : at + MAX_CONTENT_ALIGNED]) for at in starts])


def pack_begin(request_id: int, role: int, flags: int) -> bytes:
    return _BEGIN.pack(VERSION, BEGIN_REQUEST, request_id, 8, 0, role, flags)


def pack_end(request_id: int, app_status: int, protocol_status: int) -> bytes:
    return _END.pack(VERSION, END_REQUEST, request_id, 8, 0, app_status & 0xFFFFFFFF, protocol_status)
