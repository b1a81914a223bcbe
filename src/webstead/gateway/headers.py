"""A status line and headers from an app, checked and encoded as a CGI header block (PEP 3333; RFC 3875,
section 6).

What was checked once is remembered: apps use the same few statuses and names for every response.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["HeaderError", "ResponseHead", "encode_head"]

_STATUS = re.compile(r"[2-9][0-9][0-9]( [^\x00-\x1f\x7f]*)?")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    }
)
_BODILESS = ("204", "205", "304")

_PLAIN, _LENGTH, _DROPPED = range(3)
_MAX_REMEMBERED = 1000
_MOST_REMEMBERED = 6  # headers of a whole head that is remembered: more of them are rarely the same twice
_statuses: dict[str, str] = {}
_names: dict[str, int] = {}


class HeaderError(ValueError):
    """The app gave a status or header that must not be sent."""


class ResponseHead:
    """block: the encoded header lines without the empty line. length: the app's Content-Length, None without
    one. bodiless: the status allows no body.
    """

    __slots__ = ("block", "bodiless", "length")

    def __init__(self, block: bytes, length: int | None, bodiless: bool) -> None:
        self.block = block
        self.length = length
        self.bodiless = bodiless


_Key = tuple[Sequence[str], ...]
_heads: dict[_Key, ResponseHead] = {}


def encode_head(status: str, headers: list[tuple[str, str]]) -> ResponseHead:
    """Raises HeaderError for what would break the response or the connection: control characters, hop-by-hop
    names.
    """
    if type(headers) is not list:
        raise HeaderError(f"headers must be a list of tuples, not {type(headers).__name__}")
    key = (status, *headers)
    try:
        known = _heads.get(key)
    except TypeError:  # a header that is no tuple of texts: said below
        known = None
    return known or _encode(status, headers, key)


def _encode(status: str, headers: list[tuple[str, str]], key: _Key) -> ResponseHead:
    line = _statuses.get(status)
    if line is None:
        line = _status_line(status)
    length = None
    lines = [line]
    for name, value in headers:
        kind = _names.get(name)
        if kind is None:
            kind = _name_kind(name)
        if type(value) is not str or not value.isprintable():
            value = _checked_value(name, value)
        if kind == _LENGTH:
            length = _content_length(value)
        if kind != _DROPPED:
            lines.append(f"{name}: {value}\r\n")
    block = "".join(lines)
    try:
        head = ResponseHead(block.encode("latin-1"), length, status[:3] in _BODILESS)
    except UnicodeEncodeError as error:
        text = block[max(0, error.start - 20) : error.end]
        raise HeaderError(f"headers must be latin-1 text; this is not: {text!r}") from None
    if len(headers) <= _MOST_REMEMBERED and len(_heads) < _MAX_REMEMBERED:
        _heads[key] = head
    return head


def _status_line(status: object) -> str:
    if not isinstance(status, str) or not _STATUS.fullmatch(status):
        raise HeaderError(f"not a status: {status!r}")
    line = f"Status: {status}\r\n"
    if len(_statuses) < _MAX_REMEMBERED:
        _statuses[status] = line
    return line


def _name_kind(name: object) -> int:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise HeaderError(f"not a header name: {name!r}")
    low = name.lower()
    if low in _HOP_BY_HOP:
        raise HeaderError(f"{name} is about the connection, which is the server's (PEP 3333)")
    # In a CGI header block `Status` is the status itself: an app's own header of that name would replace it.
    kind = _LENGTH if low == "content-length" else _DROPPED if low == "status" else _PLAIN
    if len(_names) < _MAX_REMEMBERED:
        _names[name] = kind
    return kind


def _content_length(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise HeaderError(f"not a Content-Length: {value!r}")
    return int(value)


def _checked_value(name: str, value: object) -> str:
    """What is not plainly printable: a control character, or a character such as U+00A0, which may pass."""
    if not isinstance(value, str):
        raise HeaderError(f"the value of {name} must be text, not {type(value).__name__}")
    if _BAD_VALUE.search(value):
        raise HeaderError(f"the value of {name} has a control character: {value!r}")
    return str.__str__(value)
