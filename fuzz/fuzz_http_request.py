"""Fuzz the parser of clients' requests: `python fuzz http_request`.

The first byte says how many cuts there are, those that follow where; the rest is what the client sends.
However it is cut, the same requests come of it, or the same refusal behind them; Malformed is the
only exception; and what the parser holds beside the bodies that it has handed on is bounded by its limits.
"""

from __future__ import annotations

from itertools import pairwise
from unittest.mock import patch

from webstead.front import inbound as module
from webstead.front.inbound import Inbound, Malformed, RequestParser

__all__ = ["one"]

_MOST_CUTS = 16
_HEAD, _HEADERS, _CHUNK_LINE = 256, 8, 32
"""Limits that inputs reach."""
_STATUSES = frozenset({400, 405, 431, 501, 505})

Seen = tuple[list[tuple[object, ...]], int, bool]


def one(data: bytes) -> None:
    count = data[0] % _MOST_CUTS if data else 0
    places, stream = data[1 : count + 1], data[count + 1 :]
    edges = [0, *sorted(place * len(stream) // 256 for place in places), len(stream)]
    with patch.multiple(module, HEADER_BYTES=_HEAD, HEADERS=_HEADERS, _LONGEST_CHUNK_LINE=_CHUNK_LINE):
        whole = _read([stream])
        parts = _read([stream[first:last] for first, last in pairwise(edges)])
        bytewise = _read([stream[at : at + 1] for at in range(len(stream))])
    if not whole == parts == bytewise:
        raise AssertionError(f"it depends on the cuts: {whole!r}, {parts!r}, {bytewise!r}")


def _read(parts: list[bytes]) -> Seen:
    """The requests, the status of the refusal or 0, and whether a head has begun."""
    requests: list[Inbound] = []
    reader = RequestParser(requests.append)
    try:
        for part in parts:
            reader.feed(part)
            _check_held(reader)
    except Malformed as malformed:
        if malformed.status not in _STATUSES:
            raise AssertionError(f"refused with {malformed.status}: {malformed.why}") from malformed
        return [_checked(each) for each in requests], malformed.status, False
    return [_checked(each) for each in requests], 0, reader.in_head


def _check_held(reader: RequestParser) -> None:
    if len(reader._buffer) >= _HEAD + len(b"\r\n\r\n"):
        raise AssertionError(f"{len(reader._buffer)} bytes are held")


def _checked(inbound: Inbound) -> tuple[object, ...]:
    if inbound.held != sum(map(len, inbound.body)):
        raise AssertionError(f"{inbound.held} bytes are said to be held of {inbound.body!r}")
    if not inbound.raw_path.startswith(b"/") and (inbound.method, inbound.raw_path) != ("OPTIONS", b"*"):
        raise AssertionError(f"no path: {inbound.raw_path!r}")
    for name, value in (*inbound.headers, *inbound.trailers):
        if name != name.lower() or value != value.strip(b" \t") or set(name + value) & set(b"\r\n\0"):
            raise AssertionError(f"no header: {name!r}: {value!r}")
    if (
        len(inbound.trailers) > _HEADERS or len(inbound.headers) > _HEADERS + 1
    ):  # and the Host that a whole address has named
        raise AssertionError(f"{len(inbound.headers)} headers")
    flags = (inbound.complete, inbound.closes, inbound.expects, inbound.websocket)
    target = (inbound.method, inbound.raw_path, inbound.query, inbound.version)
    return (*target, tuple(inbound.headers), tuple(inbound.trailers), *flags, inbound.take())
