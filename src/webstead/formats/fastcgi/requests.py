"""The records that make a request, from BEGIN_REQUEST to the end of its streams, and those around it."""

from __future__ import annotations

from collections.abc import Iterable

from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    ABORT_REQUEST,
    DATA,
    GET_VALUES,
    KEEP_CONN,
    MANAGEMENT,
    PARAMS,
    RESPONDER,
    STDIN,
    pack_begin,
    pack_record,
    pack_stream,
)

__all__ = ["abort_request", "begin_request", "data", "get_values", "params", "stdin"]


def begin_request(request_id: int, keep: bool = True, role: int = RESPONDER) -> bytes:
    """Open a request. keep: the app leaves the connection open behind it."""
    return pack_begin(request_id, role, KEEP_CONN if keep else 0)


def params(request_id: int, encoded: bytes) -> bytes:
    """The whole PARAMS stream, closed. encoded: what `encode_pairs` gave, of any size."""
    return pack_stream(PARAMS, request_id, encoded) + pack_record(PARAMS, request_id, b"")


def stdin(request_id: int, data: bytes) -> bytes:
    """Some of the body, as records; b"" closes the stream."""
    return pack_stream(STDIN, request_id, data) if data else pack_record(STDIN, request_id, b"")


def data(request_id: int, content: bytes) -> bytes:
    """Some of the file that a FILTER works on, as records, behind the end of STDIN; b"" closes the stream."""
    return pack_stream(DATA, request_id, content) if content else pack_record(DATA, request_id, b"")


def abort_request(request_id: int) -> bytes:
    """Ask for an early end. What is still answered, up to END_REQUEST, is of no use; a connection that
    carries one request at a time is rather closed (section 5.4).
    """
    return pack_record(ABORT_REQUEST, request_id, b"")


def get_values(names: Iterable[bytes] = (b"FCGI_MAX_CONNS", b"FCGI_MAX_REQS", b"FCGI_MPXS_CONNS")) -> bytes:
    """Ask what the app can do; any time, also outside a request. A gateway answers once its app is loaded."""
    return pack_record(GET_VALUES, MANAGEMENT, encode_pairs((name, b"") for name in names))
