"""Name-value pairs: the content of PARAMS, GET_VALUES and GET_VALUES_RESULT (section 3.4).

Each pair is two lengths, then the name, then the value. A length below 128 takes one byte; a longer one takes
four, with the top bit set. A pair may straddle records, so only the joined stream is read here. A length that
points past the end is an error, never a shorter value (CVE-2025-23016 was an unchecked sum of the two
lengths).
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

from webstead.formats.fastcgi.records import RemoteProtocolError

__all__ = ["MAX_PAIRS", "PairsDecoder", "decode_pairs", "encode_pairs"]

MAX_PAIRS = 1000
"""Pairs in one stream. Precedents: Apache LimitRequestFields 100, Tomcat maxHeaderCount 100, gunicorn
limit_request_fields 100 (at most 32768); a server adds some 30 of its own and what its configuration
names."""

_SHORT = 128
_LONG = Struct(">I")
_LONG_BIT = 0x80000000
_LENGTH_MASK = 0x7FFFFFFF


def _length(size: int) -> bytes:
    return size.to_bytes(1, "big") if size < _SHORT else _LONG.pack(size | _LONG_BIT)


def encode_pairs(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The pairs as one block, to be sent as a stream, or joined with other blocks first."""
    parts: list[bytes] = []
    for name, value in pairs:
        parts += (_length(len(name)), _length(len(value)), name, value)
    return b"".join(parts)


def decode_pairs(data: bytes, limit: int = MAX_PAIRS) -> dict[str, str]:
    """All pairs of a finished stream, as latin-1 text: of a repeated name the last value.

    Raises RemoteProtocolError 400 for a pair that does not end where the stream does, and 431 for more than
    limit names.
    """
    pairs: dict[str, str] = {}
    _decode_into(pairs, data, 0, limit)
    return pairs


class PairsDecoder:
    """decode_pairs for the streams of one connection.

    A server begins every request with the same parameters (its name, port, folders…), when it is configured
    so: what all streams so far began with is decoded once. The part that is known only ever shrinks, so it
    soon costs nothing more.
    """

    __slots__ = ("_first", "_known", "_limit", "_pairs", "_prefix")

    def __init__(self, limit: int = MAX_PAIRS) -> None:
        self._limit = limit
        self._first: bytes | None = None
        self._known = False
        self._prefix = b""
        self._pairs: dict[str, str] = {}

    def decode(self, data: bytes) -> dict[str, str]:
        if not self._known:
            if self._first is None:
                self._first = data
                return decode_pairs(data, self._limit)
            self._keep_common(self._first, data)
            self._known = True
            self._first = None
        elif not data.startswith(self._prefix):
            self._keep_common(self._prefix, data)
        pairs = self._pairs.copy()
        _decode_into(pairs, data, len(self._prefix), self._limit)
        return pairs

    def _keep_common(self, known: bytes, data: bytes) -> None:
        """Make the prefix the whole pairs that both streams begin with. known has been decoded before."""
        at = 0
        while at + 2 <= len(known):
            name_size, value_size, start = _long_lengths(known, at, len(known))
            end = start + name_size + value_size
            if known[at:end] != data[at:end]:
                break
            at = end
        self._prefix = known[:at]
        self._pairs = decode_pairs(self._prefix, self._limit)


def _decode_into(pairs: dict[str, str], data: bytes, at: int, limit: int) -> None:
    """Add the pairs from offset at on."""
    text = data.decode(
        "latin-1"
    )  # one byte, one character: lengths are read from data, slices taken from text
    end = len(data)
    last = end - 1
    while at < last:
        name_size = data[at]
        value_size = data[at + 1]
        if name_size < _SHORT and value_size < _SHORT:
            at += 2
        else:
            name_size, value_size, at = _long_lengths(data, at, end)
        middle = at + name_size
        name = text[at:middle]
        at = middle + value_size
        pairs[name] = text[middle:at]
    if at != end:  # only the last pair can reach past the end: a slice that was cut never gets out
        raise RemoteProtocolError("a name-value pair does not end where its stream does")
    if len(pairs) > limit:
        raise RemoteProtocolError(f"more than {limit} name-value pairs", status=431)


def _long_lengths(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Both lengths of the pair at offset at, and the offset of its name."""
    sizes = []
    for _ in range(2):
        if at >= end:
            raise RemoteProtocolError("a name-value pair is cut short")
        size = data[at]
        if size < _SHORT:
            at += 1
        elif at + 4 <= end:
            size = _LONG.unpack_from(data, at)[0] & _LENGTH_MASK
            at += 4
        else:
            raise RemoteProtocolError("a name-value pair is cut short")
        sizes.append(size)
    return sizes[0], sizes[1], at
