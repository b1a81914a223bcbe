"""Fuzz Range headers: `python fuzz ranges`.

The first two bytes are the file's size, the rest is the header, or what stands behind its `bytes=`. Whatever
it says: parts lie in the file, do not overlap, hold every byte that was asked for, and are not many.
"""

from __future__ import annotations

import re

from webstead.front.limits import RANGES
from webstead.front.ranges import Part, multipart, select_parts

__all__ = ["one"]

_PLAIN = re.compile(
    rb"bytes=(?:[0-9]{1,9}-[0-9]{0,9}|-[0-9]{1,9})(?:,(?:[0-9]{1,9}-[0-9]{0,9}|-[0-9]{1,9}))*"
)


def one(data: bytes) -> None:
    size, text = int.from_bytes(data[:2], "big"), data[2:]
    for header in (text, b"bytes=" + text):
        _check(header, size)


def _check(header: bytes, size: int) -> None:
    parts = select_parts(header, size)
    asked = _asked(header, size)
    if isinstance(parts, str):
        if asked is not None and (parts == "whole" or asked):
            raise AssertionError(f"passed over: {header!r} of {size}")
        return
    held: set[int] = set()
    for part in parts:
        if not (0 <= part.first < part.end <= size):
            raise AssertionError(f"outside of the file: {header!r} of {size}: {part}")
        bytes_of = set(range(part.first, part.end))
        if held & bytes_of:
            raise AssertionError(f"overlapping: {header!r} of {size}: {parts}")
        held |= bytes_of
    if not parts or len(parts) > RANGES:
        raise AssertionError(f"too many, or none: {header!r}: {len(parts)}")
    if asked is not None and not asked <= held:
        raise AssertionError(f"asked for and not sent: {header!r} of {size}")
    pieces = multipart(parts, b"text/plain", size, b"boundary")
    if [piece for piece in pieces if isinstance(piece, Part)] != list(parts):
        raise AssertionError(f"not the parts: {header!r}")


def _asked(header: bytes, size: int) -> set[int] | None:
    """The bytes that a plainly written header asks for, read in the obvious way; None for any other."""
    if not _PLAIN.fullmatch(header) or header.count(b",") >= RANGES:
        return None
    wanted: set[int] = set()
    for text in header.removeprefix(b"bytes=").split(b","):
        first, last = text.split(b"-")
        if not first:
            wanted |= set(range(max(0, size - int(last)), size))
        elif last and int(last) < int(first):
            return None
        else:
            wanted |= set(range(int(first), min(int(last) + 1 if last else size, size)))
    return wanted
