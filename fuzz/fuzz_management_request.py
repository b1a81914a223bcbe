"""Fuzz what the management reads of a request before it knows who asks: `python fuzz management_request`.

Any bytes are a path, a query, credentials, settings, a record or a size, or are refused with words.
"""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

from webstead.services.arm import envelope_of, wrapped
from webstead.services.auth import credentials_of
from webstead.services.browsers import is_cross_site
from webstead.services.errors import ApiError
from webstead.services.remote.shell import size_of
from webstead.services.requests import path_of, query_names, query_of
from webstead.services.routes import Table
from webstead.services.scm.history import is_record, record_of, redeployment_of
from webstead.services.scm.nouns import NOUNS
from webstead.services.scm.settings import changes_of
from webstead.site.hosts import addressed

__all__ = ["one"]

_TABLE = Table([route for noun in NOUNS for route in noun.ROUTES])
_NAMES = query_names(["isAsync", "deployer"])
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def one(data: bytes) -> None:
    """data: what came."""
    text = data.decode("latin-1")
    with contextlib.suppress(ValueError):
        _route(path_of(data))
    with contextlib.suppress(ValueError):
        query_of(data, _NAMES)
    for header in (text, f"Basic {text}", f"Bearer {text}"):
        credentials_of(header)
    addressed(text, "localhost", lambda _: None)
    size_of(text)
    is_cross_site("POST", {"origin": text, "host": "a"})
    _body(data, text)


def _route(path: str) -> None:
    found = _TABLE.find(path, "GET")
    if found is None or found.route is None:
        return
    again = _TABLE.find(found.path, "GET")
    if again is None or again.path != found.path or again.route is not found.route:
        raise AssertionError(f"a path leads on: {path!r}: {found.path!r}")


def _body(data: bytes, text: str) -> None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    envelope = envelope_of({"x-ms-geo-location": "x", "referer": text}, "/api/x")
    if envelope is not None:
        wrapped(envelope, data)
    for read in (changes_of, redeployment_of):
        with contextlib.suppress(ApiError):
            read(value)
    if is_record(value):
        with contextlib.suppress(ApiError):
            record_of("shop", "", value, None, _NOW)
