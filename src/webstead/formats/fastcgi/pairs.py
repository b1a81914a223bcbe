"""Name-value pairs: the content of PARAMS, GET_VALUES and GET_VALUES_RESULT (section 3.4).

Each pair is two lengths, then the name, then the value. A length below 128 takes one byte; a longer one takes
four, with the top bit set. A pair may straddle records, so only the joined stream is read here. A length that
points past the end is an error, never a shorter value (CVE-2025-23016 was an unchecked sum of the two
lengths).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    if not _decode_into(pairs, data, 0, len(data), limit):
        raise RemoteProtocolError("a name-value pair does not end where its stream does")
    return pairs


class PairsDecoder:
    """decode_pairs for the streams of one connection.

    A server sends nearly the same parameters with every request (its name, port, folders…), and in the same
    order: what all streams so far began and ended with is decoded once. Both parts only ever shrink, so they
    soon cost nothing more. base: what a stream has when it does not say otherwise.
    """

    __slots__ = ("_base", "_head", "_head_pairs", "_limit", "_sample", "_starts", "_tail", "_tail_pairs")

    def __init__(self, limit: int = MAX_PAIRS, base: Mapping[str, str] | None = None) -> None:
        self._limit = limit
        self._base = dict(base or {})
        self._sample: bytes | None = None
        self._starts: list[int] = []
        self._head = b""
        self._tail = b""
        self._head_pairs: dict[str, str] = {}
        self._tail_pairs: dict[str, str] = {}

    def decode(self, data: bytes) -> dict[str, str]:
        if self._sample is None:
            return self._begin(data)
        head, tail = self._head, self._tail
        if len(data) < len(head) + len(tail) or not (data.startswith(head) and data.endswith(tail)):
            self._shrink(self._sample, data)
            head, tail = self._head, self._tail
        pairs = self._head_pairs.copy()
        try:
            aligned = _decode_into(pairs, data, len(head), len(data) - len(tail), self._limit)
        except RemoteProtocolError:
            aligned = False
        if not aligned:  # it only looks like the tail, or the stream is broken
            return {**self._base, **decode_pairs(data, self._limit)}
        if tail:
            pairs.update(self._tail_pairs)
            if len(pairs) > self._limit:  # as it seems: `base` does not count
                return {**self._base, **decode_pairs(data, self._limit)}
        return pairs

    def _begin(self, data: bytes) -> dict[str, str]:
        """The first stream: until another one differs, all of it is the head."""
        pairs = {**self._base, **decode_pairs(data, self._limit)}
        self._sample = self._head = data
        self._head_pairs = pairs
        self._starts = [0]
        while self._starts[-1] < len(data):
            name_size, value_size, start = _long_lengths(data, self._starts[-1], len(data))
            self._starts.append(start + name_size + value_size)
        return pairs.copy()

    def _shrink(self, sample: bytes, data: bytes) -> None:
        """Leave in head and tail the whole pairs of the sample that data begins and ends with, too."""
        was = len(self._head)
        head = max(at for at in self._starts if at <= was and data.startswith(sample[:at]))
        first = head if was == len(sample) else len(sample) - len(self._tail)
        tail = min(at for at in self._starts if at >= first and data.endswith(sample[at:]))
        self._head, self._tail = sample[:head], sample[tail:]
        self._head_pairs = {**self._base, **decode_pairs(self._head, self._limit)}
        self._tail_pairs = decode_pairs(self._tail, self._limit)


def _decode_into(pairs: dict[str, str], data: bytes, at: int, end: int, limit: int) -> bool:
    """Add the pairs between two offsets; False when the last one does not end where they do."""
    text = data.decode("latin-1")  # one byte, one character: lengths from data, slices from text
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
    if len(pairs) > limit:
        raise _too_many(limit)
    return at == end  # only the last pair can reach past the end: a slice that was cut never gets out


def _too_many(limit: int) -> RemoteProtocolError:
    return RemoteProtocolError(f"more than {limit} name-value pairs", status=431)


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
