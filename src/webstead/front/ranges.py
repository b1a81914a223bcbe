"""Which bytes of a file a Range header asks for, and how several of them are sent (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from webstead.front.limits import RANGES

__all__ = ["Part", "content_range", "multipart", "select_parts"]

_SET = re.compile(rb"bytes[ \t]*=(.*)", re.IGNORECASE | re.DOTALL)
_ONE = re.compile(rb"[ \t]*(?:([0-9]{1,18})[ \t]*-[ \t]*([0-9]{0,18})|-[ \t]*([0-9]{1,18}))[ \t]*")
_NEAR = 80
"""Parts that lie closer together than what a part's own headers take are sent as one (15.3.7.2)."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a file: the first, and how many (at least one)."""

    first: int
    length: int

    @property
    def end(self) -> int:
        """The byte behind the last."""
        return self.first + self.length


def select_parts(header: bytes, size: int) -> tuple[Part, ...] | Literal["whole", "unsatisfiable"]:
    """What of a file of this size a Range header asks for: in its order, none of them overlapping another.

    A header that is malformed, of another unit, or that asks for more than RANGES parts is passed over, as
    14.2 allows: many small or overlapping parts are an attack, and Apache 2.2 fell to it (CVE-2011-3192).
    """
    found = _SET.fullmatch(header.strip())
    if found is None or found[1].count(b",") >= RANGES:
        return "whole"
    texts = [text for text in found[1].split(b",") if text.strip(b" \t")]
    asked: list[Part] = []
    for text in texts:
        part = _part(text, size)
        if part is None:
            return "whole"
        if part.length > 0:
            asked.append(part)
    if not texts:
        return "whole"
    return _merged(asked) if asked else "unsatisfiable"


def _part(text: bytes, size: int) -> Part | None:
    """None for what is malformed; one of no length when it lies outside of the file."""
    match = _ONE.fullmatch(text)
    if match is None:
        return None
    if match[3] is not None:
        length = min(int(match[3]), size)
        return Part(size - length, length)
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    return Part(first, max(0, min(last, size - 1) - first + 1))


def _merged(asked: Sequence[Part]) -> tuple[Part, ...]:
    """Parts that overlap or nearly touch become one, which stands where the first of them was asked for."""
    merged: list[tuple[int, Part]] = []
    for place, part in sorted(enumerate(asked), key=lambda pair: pair[1].first):
        if merged and part.first <= merged[-1][1].end + _NEAR:
            earlier, before = merged[-1]
            end = max(before.end, part.end)
            merged[-1] = (min(earlier, place), Part(before.first, end - before.first))
        else:
            merged.append((place, part))
    return tuple(part for _, part in sorted(merged, key=lambda pair: pair[0]))


def content_range(part: Part, size: int) -> bytes:
    return b"bytes %d-%d/%d" % (part.first, part.end - 1, size)


def multipart(parts: Sequence[Part], kind: bytes, size: int, boundary: bytes) -> list[bytes | Part]:
    """The body of a multipart/byteranges response (14.6): texts, and the bytes of the file between them.
    kind: the file's Content-Type."""
    pieces: list[bytes | Part] = []
    for part in parts:
        head = b"\r\n--%b\r\nContent-Type: %b\r\nContent-Range: %b\r\n\r\n"
        pieces += [head % (boundary, kind, content_range(part, size)), part]
    return [*pieces, b"\r\n--%b--\r\n" % boundary]
