"""The header block of a CGI response (RFC 3875, section 6): what a FastCGI app writes before its body."""

from __future__ import annotations

import re
from typing import NamedTuple

from webstead.formats.fastcgi.records import RemoteProtocolError

__all__ = ["MAX_HEAD", "Head", "find_head_end", "parse_head"]

MAX_HEAD = 65536
"""Bytes of a response's header block. Precedents: nginx fastcgi_buffer_size 4 or 8 KiB, Apache 8190 a line,
h11 16 KiB; one STDOUT record holds up to 65535."""

_BLOCK_END = re.compile(rb"\n\r?\n|\A\r?\n")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_STATUS = re.compile(rb"([1-9][0-9][0-9])(?: |\Z)")


class Head(NamedTuple):
    """status: 200 unless the block says otherwise. headers: all others, names as written, without
    `Status`.
    """

    status: int
    headers: list[tuple[bytes, bytes]]


def find_head_end(data: bytes, start: int = 0) -> int:
    """The offset behind the block's empty line, searched from start; -1 while it is not there."""
    found = _BLOCK_END.search(data, start)
    return found.end() if found else -1


def parse_head(block: bytes) -> Head:
    """Read a whole block, with LF or CRLF line ends.

    Without `Status` the status is 302 when there is a `Location` and 200 otherwise (RFC 3875, 6.2 and 6.3.3).
    Raises RemoteProtocolError 502 for a line that is no header: folded lines and control characters included.
    """
    status = 0
    location = False
    headers: list[tuple[bytes, bytes]] = []
    for line in block.rstrip(b"\r\n").split(b"\n"):
        name, colon, value = line.partition(b":")
        value = value.strip(b" \t\r")
        if not colon or not _NAME.fullmatch(name) or _BAD_VALUE.search(value):
            raise RemoteProtocolError(f"not a response header: {line[:80]!r}", status=502)
        key = name.lower()
        if key == b"status":
            status = _status(value)
            continue
        location = location or key == b"location"
        headers.append((name, value))
    return Head(status or (302 if location else 200), headers)


def _status(value: bytes) -> int:
    found = _STATUS.match(value)
    if not found:
        raise RemoteProtocolError(f"not a response status: {value[:80]!r}", status=502)
    return int(found.group(1))
