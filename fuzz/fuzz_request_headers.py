"""Fuzz the headers that decide how a file is sent: `python fuzz request_headers`.

The first byte chooses the header, the rest is its value. Whatever it says there is an answer; a coding is
sent only where the header names it, and a file that must be the one that the client knows is that one.
"""

from __future__ import annotations

from webstead.formats.webconfig.schema.compression import CODINGS
from webstead.front.codings import accepted
from webstead.front.validators import Conditions, http_date, judge, range_holds

__all__ = ["one"]

_ETAG = b'"18eb-6c00"'
_MODIFIED = 1_700_000_000


def one(data: bytes) -> None:
    choice, value = data[:1], data[1:]
    (_accept_encoding if choice < b"\x40" else _conditions)(value)


def _accept_encoding(value: bytes) -> None:
    codings = accepted(value, CODINGS)
    if len(set(codings)) != len(codings) or not set(codings) <= set(CODINGS):
        raise AssertionError(f"not what is offered: {value!r}: {codings}")
    low = value.lower()
    for coding in codings:
        if coding.encode() not in low and b"*" not in value:
            raise AssertionError(f"not named: {value!r}: {coding}")
        refused = accepted(value + b", %b;q=0" % coding.encode(), CODINGS)
        if coding in refused:
            raise AssertionError(f"sent though refused last: {value!r}: {coding}")


def _conditions(value: bytes) -> None:
    if judge(Conditions(if_match=value), _ETAG, _MODIFIED) == "send" and not _names_it(value):
        raise AssertionError(f"not the file that must be there: {value!r}")
    if judge(Conditions(if_none_match=value), _ETAG, _MODIFIED) == "unchanged" and not _names_it(value):
        raise AssertionError(f"not the file that the client has: {value!r}")
    for etag in (_ETAG, None):
        judge(Conditions(if_modified_since=value), etag, _MODIFIED)
        judge(Conditions(if_unmodified_since=value), etag, _MODIFIED)
        if range_holds(value, etag, _MODIFIED) and value.strip() == _ETAG and etag is None:
            raise AssertionError(f"a tag that is not there holds: {value!r}")
    both = Conditions(if_none_match=value, if_modified_since=http_date(_MODIFIED))
    if judge(both, _ETAG, _MODIFIED) != judge(Conditions(if_none_match=value), _ETAG, _MODIFIED):
        raise AssertionError(f"a date counts beside a tag: {value!r}")


def _names_it(value: bytes) -> bool:
    return _ETAG in value or value.strip() == b"*"
