"""The status and headers of an ASGI response, checked by the rules of `gateway.headers`, as a CGI header
block.

Headers about the connection are left out, without the remark that WSGI apps get: event streams send
`connection: keep-alive` as a matter of course, and the ASGI specification lets apps send `transfer-encoding`
and has servers ignore it.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from webstead.gateway.wsgi.headers import HeaderError, ResponseHead, encode_head

__all__ = ["encode_response"]

_MAX_REMEMBERED = 1000
_MOST_REMEMBERED = 6  # headers of a whole head that is remembered: more of them are rarely the same twice
_LONGEST_REMEMBERED = 1024  # bytes of a whole head: a client may choose what a location repeats
_STATUSES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}

_Key = tuple[Any, ...]  # a status and headers, before anything is known of them
_heads: dict[_Key, ResponseHead] = {}
_texts: dict[bytes, str] = {}


def encode_response(status: int, headers: Iterable[Iterable[bytes]]) -> ResponseHead:
    """Raises HeaderError for what would break the response: no status, control characters, text that is not
    bytes.
    """
    key: _Key = (status, *headers)
    try:
        known = _heads.get(key)
    except TypeError:  # headers as lists, which the specification allows too
        return _encode(status, key[1:])
    if known is not None:
        return known
    head = _encode(status, key[1:])
    if (
        len(key) <= _MOST_REMEMBERED + 1
        and len(head.block) <= _LONGEST_REMEMBERED
        and len(_heads) < _MAX_REMEMBERED
    ):
        _heads[key] = head
    return head


def _encode(status: int, headers: tuple[Iterable[bytes], ...]) -> ResponseHead:
    if not isinstance(status, int):
        raise HeaderError(f"the status must be a number, not {status!r}")
    pairs = []
    for header in headers:
        name, value = _pair(header)
        if name.lower() != "transfer-encoding":
            pairs.append((name, value))
    return encode_head(_STATUSES.get(status, str(int(status))), pairs)


def _pair(header: Iterable[bytes]) -> tuple[str, str]:
    pair = tuple(header)
    if len(pair) != 2 or not all(isinstance(part, bytes) for part in pair):
        raise HeaderError(f"a header must be a pair of bytes, not {header!r:.80}")
    return _name(pair[0]), pair[1].decode("latin-1")


def _name(name: bytes) -> str:
    text = _texts.get(name)
    if text is None:
        text = name.decode("latin-1")
        if len(_texts) < _MAX_REMEMBERED:
            _texts[name] = text
    return text
