"""What `server.ServerConnection` reads from a connection: requests, the rest of their bodies, and answers to
give.
"""

from __future__ import annotations

from typing import NamedTuple, Union

from webstead.formats.fastcgi.records import RESPONDER

__all__ = [
    "Aborted",
    "BodyEnd",
    "Chunk",
    "DataChunk",
    "DataEnd",
    "Refused",
    "Reply",
    "Request",
    "ServerEvent",
]


class Request(NamedTuple):
    """A request to run. params: latin-1 text. body: all of it when complete, else its first bytes, and Chunk
    events follow up to BodyEnd. keep: the connection stays open behind the response. role: a FILTER is never
    complete, and has DataChunk events up to DataEnd behind its BodyEnd; an AUTHORIZER has no body.
    """

    request_id: int
    params: dict[str, str]
    keep: bool
    body: bytes
    complete: bool
    role: int = RESPONDER


class Chunk(NamedTuple):
    """Further bytes of the body of a Request that was not complete, never empty."""

    data: bytes
    request_id: int


class BodyEnd(NamedTuple):
    """The body of a Request that was not complete has ended."""

    request_id: int


class DataChunk(NamedTuple):
    """Some bytes of the file that a FILTER is to work on, never empty. The parameters FCGI_DATA_LENGTH and
    FCGI_DATA_LAST_MOD tell of it.
    """

    data: bytes
    request_id: int


class DataEnd(NamedTuple):
    """The file that a FILTER is to work on has ended."""

    request_id: int


class Aborted(NamedTuple):
    """The server wants no answer any more: end the request soon."""

    request_id: int


class Refused(NamedTuple):
    """A request broke a limit and is not to be run; others on its connection go on. Answer it with status and
    message, then say so to `done`: it counts as active until then.
    """

    request_id: int
    status: int
    message: str
    keep: bool


class Reply(NamedTuple):
    """Bytes to send now. close: nothing more is to be read from the connection."""

    data: bytes
    close: bool


ServerEvent = Union[Request, Chunk, BodyEnd, DataChunk, DataEnd, Aborted, Refused, Reply]
