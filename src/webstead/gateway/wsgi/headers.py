"""A status line and headers from an app, checked and encoded as a CGI header block (PEP 3333; RFC 3875,
section 6).

What was checked once is remembered: apps use the same few statuses and names for every response. What breaks
PEP 3333 and harms nobody is sent all the same, since apps written for wfastcgi may do it: the head has a
remark then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
        "upgrade",
    }
)
"""About the connection, which is the server's: left out, with a remark. Transfer-Encoding is not among them:
its body would be unreadable without it."""
_BODILESS = (204, 205, 304)

_PLAIN, _LENGTH, _DROPPED, _SERVERS = range(4)
_KINDS = {"content-length": _LENGTH, "status": _DROPPED, **dict.fromkeys(_HOP_BY_HOP, _SERVERS)}
_SHORTEST_STATUS = len("Status: 200\r\n")
_MAX_REMEMBERED = 1000
_MOST_REMEMBERED = 6  # headers of a whole head that is remembered: more of them are rarely the same twice
_LONGEST_REMEMBERED = 1024  # bytes of a whole head: a client may choose what a Location repeats
_statuses: dict[str, str] = {}
_names: dict[str, int] = {}


class HeaderError(ValueError):
    """The app gave a status or header that must not be sent."""


class ResponseHead:
    """block: the encoded header lines without the empty line. status: as a number. length: the app's
    Content-Length, None without one. bodiless: the status allows no body. remark: what the app should not
    have done; mostly "".
    """

    __slots__ = ("block", "bodiless", "length", "remark", "status")

    def __init__(self, block: bytes, status: int, length: int | None, remark: str) -> None:
        self.block = block
        self.status = status
        self.length = length
        self.bodiless = status in _BODILESS
        self.remark = remark


_Key = tuple[Sequence[str], ...]
_heads: dict[_Key, ResponseHead] = {}


def encode_head(status: str, headers: list[tuple[str, str]]) -> ResponseHead:
    """Raises HeaderError for what would break the response or the connection: control characters, names that
    are none, a Transfer-Encoding.
    """
    if type(headers) is not list:
        return _encode_oddly(status, headers)
    key = (status, *headers)
    try:
        known = _heads.get(key)
    except TypeError:  # a header that is no tuple of texts: said below
        known = None
    return known or _encode(status, headers, key)


def _encode_oddly(status: str, headers: object) -> ResponseHead:
    """What wfastcgi took for headers: nothing at all, and anything that can be iterated over."""
    if headers and (isinstance(headers, (str, bytes, dict)) or not isinstance(headers, Iterable)):
        raise HeaderError(f"headers must be a list of tuples, not {type(headers).__name__}")
    pairs = list(headers) if isinstance(headers, Iterable) and not isinstance(headers, (str, bytes)) else []
    head = _encode(status, pairs, ())
    kind = type(headers).__name__
    remark = f"the app gave its headers as {kind}: PEP 3333 wants a list"
    return ResponseHead(head.block, head.status, head.length, head.remark or remark)


def _encode(status: str, headers: Sequence[tuple[str, str]], key: _Key) -> ResponseHead:
    """key: what to remember the result by; () for not at all."""
    line = _statuses.get(status)
    if line is None:
        line = _status_line(status)
    length = None
    remark = "" if len(line) > _SHORTEST_STATUS else f"the app gave the status {status!r} without a reason"
    lines = [line]
    for pair in headers:
        name, value = pair if type(pair[0]) is str else _decoded(pair)
        kind = _names.get(name)
        if kind is None:
            kind = _name_kind(name)
        if type(value) is not str or not value.isprintable():
            value = _checked_value(name, value)
        if kind == _LENGTH:
            length = _content_length(value)
        if kind == _SERVERS:
            remark = f"the app's header {name} was left out: the connection is the server's (PEP 3333)"
        elif kind != _DROPPED:
            lines.append(f"{name}: {value}\r\n")
    block = "".join(lines)
    try:
        head = ResponseHead(block.encode("latin-1"), int(line[8:11]), length, remark)
    except UnicodeEncodeError as error:
        text = block[max(0, error.start - 20) : error.end]
        raise HeaderError(f"headers must be latin-1 text; this is not: {text!r}") from None
    if (
        key
        and len(headers) <= _MOST_REMEMBERED
        and len(block) <= _LONGEST_REMEMBERED
        and len(_heads) < _MAX_REMEMBERED
    ):
        _heads[key] = head
    return head


def _status_line(status: object) -> str:
    if not isinstance(status, str) or not _STATUS.fullmatch(status):
        raise HeaderError(f"not a status: {status!r}")
    line = f"Status: {status}\r\n"
    if len(_statuses) < _MAX_REMEMBERED:
        _statuses[status] = line
    return line


def _decoded(pair: object) -> tuple[str, str]:
    """A header as bytes, which wfastcgi let pass."""
    if isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(part, bytes) for part in pair):
        return pair[0].decode("latin-1"), pair[1].decode("latin-1")
    raise HeaderError(f"not a header: {pair!r:.80}")


def _name_kind(name: object) -> int:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise HeaderError(f"not a header name: {name!r}")
    low = name.lower()
    if low == "transfer-encoding":
        raise HeaderError(f"{name} is the server's to set (PEP 3333)")
    # In a CGI header block `Status` is the status itself: an app's own header of that name would replace it.
    kind = _KINDS.get(low, _PLAIN)
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
