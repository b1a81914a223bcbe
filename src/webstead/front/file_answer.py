"""What a request for a file gets: the file, some parts of it, or that it has not changed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from webstead.front.asgi import Headers
from webstead.front.files import Found
from webstead.front.ranges import Part, content_range, multipart, select_parts
from webstead.front.validators import Conditions, judge, range_holds

__all__ = ["FileAnswer", "answer_file"]


class FileAnswer(NamedTuple):
    """headers: without the length. pieces: of the body, None for the whole file. An answer of 400 and above
    is an error page, with these headers besides."""

    status: int
    headers: Headers
    pieces: Sequence[bytes | Part] | None = None

    def length(self, size: int) -> int:
        """Of the body. size: of the file."""
        if self.pieces is None:
            return size
        return sum(piece.length if isinstance(piece, Part) else len(piece) for piece in self.pieces)


def answer_file(
    found: Found,
    kind: bytes,
    about: Headers,
    conditions: Conditions | None,
    boundary: Callable[[], bytes],
    *,
    has_etag: bool,
    may_be_parted: bool,
) -> FileAnswer:
    """kind: its Content-Type. about: headers that also tell of a file that has not changed (9110, 15.4.5).
    conditions: None for none. boundary: a new one, between parts. may_be_parted: Range counts for GET alone
    (14.2)."""
    typed: Headers = [(b"content-type", kind), *about]
    if conditions is None:
        return FileAnswer(200, typed)
    etag = found.etag if has_etag else None
    verdict = judge(conditions, etag, found.modified)
    if verdict == "failed":
        return FileAnswer(412, [])
    if verdict == "unchanged":
        return FileAnswer(304, about, ())
    if conditions.range is None or not (
        may_be_parted and range_holds(conditions.if_range, etag, found.modified)
    ):
        return FileAnswer(200, typed)
    parts = select_parts(conditions.range, found.size)
    if parts == "whole":
        return FileAnswer(200, typed)
    if parts == "unsatisfiable":
        return FileAnswer(416, [(b"content-range", b"bytes */%d" % found.size)])
    if len(parts) == 1:
        return FileAnswer(206, [*typed, (b"content-range", content_range(parts[0], found.size))], parts)
    between = boundary()
    together = (b"content-type", b"multipart/byteranges; boundary=" + between)
    return FileAnswer(206, [together, *about], multipart(parts, kind, found.size, between))
