"""Header rules in both directions: what is passed on, what is dropped, what is joined (RFC 9110, sections 5
and 7.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address

from webstead.front.asgi import Headers

__all__ = [
    "HOP_BY_HOP",
    "LENGTH_DIGITS",
    "NameTable",
    "connection_options",
    "is_host",
    "joined",
    "response_headers",
    "takes_trailers",
    "trailer_fields",
]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]{1,253}|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{0,5}))?")
_LAST_PORT = 65535
_NAMES_KEPT = 512
_NO_TRAILERS = frozenset(
    (
        b"age authorization cache-control content-encoding content-length content-range content-type cookie"
        b" date expect expires forwarded host if-match if-modified-since if-none-match if-range"
        b" if-unmodified-since location max-forwards pragma range retry-after set-cookie vary warning"
        b" www-authenticate x-forwarded-for x-forwarded-host x-forwarded-proto x-original-url"
    ).split()
)
LENGTH_DIGITS = 18
"""Of a Content-Length: what fits into 63 bits, whoever reads it behind us."""
_SINGLE = frozenset({b"content-length", b"content-type", b"host", b"location"})


class NameTable:
    """The lower-case form of response header names, worked out once a name; None for one that is dropped."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes | None] = {}

    def passed(self, name: bytes) -> bytes | None:
        try:
            return self._known[name]
        except KeyError:
            low = name.lower()
            kept = low if _TOKEN.fullmatch(low) and low not in HOP_BY_HOP else None
            if len(self._known) < _NAMES_KEPT:
                self._known[name] = kept
            return kept


_RESPONSE_NAMES = NameTable()


def response_headers(pairs: Iterable[tuple[bytes, bytes]], server: tuple[bytes, bytes]) -> Headers:
    """What a response of an app is sent with: valid names and values, no hop-by-hop headers, one of each
    single one.

    The app's own Server is kept, as it is the origin (RFC 9110, 10.2.4); ours is added where it sends none.
    """
    kept: Headers = []
    options: frozenset[bytes] = frozenset()
    singles = 0
    before: set[bytes] = set()
    own_server = False
    for raw_name, value in pairs:
        name = _RESPONSE_NAMES.passed(raw_name)
        if name is None:
            if raw_name.lower() == b"connection":
                options |= connection_options(value)
            continue
        if not _VALUE.fullmatch(value):
            continue
        if name == b"server":
            if own_server:
                continue
            own_server = True
        elif name in _SINGLE:
            if name == b"content-length" and not (value.isdigit() and len(value) <= LENGTH_DIGITS):
                continue
            singles += 1
            before.add(name)
        kept.append((name, value))
    if not own_server:
        kept.append(server)
    if options or singles > len(before):
        return _settled(kept, options)
    return kept


def _settled(kept: Headers, options: frozenset[bytes]) -> Headers:
    """Without what Connection named, later copies of single headers, and a Content-Length that is no
    number."""
    result: Headers = []
    seen: set[bytes] = set()
    for name, value in kept:
        if name in options or name in seen:
            continue
        if name in _SINGLE:
            seen.add(name)
        result.append((name, value))
    return result


def trailer_fields(pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The trailers that are passed on, either way: none that frames, routes or controls the message, which
    who reads them behind us might take for a header of it (RFC 9110, 6.5.1)."""
    named = ((_RESPONSE_NAMES.passed(name), value) for name, value in pairs)
    return [
        (name, value)
        for name, value in named
        if name is not None and name not in _NO_TRAILERS and b"_" not in name and _VALUE.fullmatch(value)
    ]


def takes_trailers(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the client has said that it keeps them (RFC 9110, 10.1.4)."""
    te = headers.get(b"te")
    return te is not None and b"trailers" in (each.strip().lower() for each in te.split(b","))


def connection_options(value: bytes) -> frozenset[bytes]:
    """The header names that a Connection header makes hop-by-hop."""
    return frozenset(option.strip().lower() for option in value.split(b",")) - {b"close", b"keep-alive", b""}


def is_host(value: bytes) -> bool:
    """Whether this is a Host header's value: a name or address, with a port or without.

    Of the characters that RFC 3986 allows in a name, those that no host has are refused: apps build addresses
    and pages of it.
    """
    found = _HOST.fullmatch(value)
    if found is None:
        return False
    address, port = found[1], found[2]
    return (address is None or _is_ipv6(address)) and (not port or int(port) <= _LAST_PORT)


def _is_ipv6(address: bytes) -> bool:
    try:
        IPv6Address(address.decode("ascii"))
    except ValueError:
        return False
    return True


def joined(headers: Headers) -> Mapping[bytes, bytes] | None:
    """Repeated request headers as one, joined with `, ` (Cookie with `; `). None where that is an attack: a
    second Host, or a second and different Content-Length."""
    merged: dict[bytes, bytes] = {}
    for name, value in headers:
        before = merged.get(name)
        if before is None:
            merged[name] = value
        elif name == b"host" or (name == b"content-length" and value != before):
            return None
        elif name != b"content-length":
            merged[name] = before + (b"; " if name == b"cookie" else b", ") + value
    return merged
