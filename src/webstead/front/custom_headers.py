"""customHeaders and redirectHeaders of the configuration, on every response of a site."""

from __future__ import annotations

from collections.abc import Mapping

from webstead.formats.webconfig import Site
from webstead.formats.webconfig.schema.protocol import HTTP_PROTOCOL, Header
from webstead.front.asgi import Headers, Send
from webstead.front.exchange import Exchange
from webstead.front.files import Files
from webstead.front.filter import Filter

__all__ = ["custom_headers"]

_REDIRECTIONS = frozenset({300, 301, 302, 303, 307, 308})
"""Without 304, which leads nowhere."""
_REPEATED = frozenset({b"set-cookie"})


def custom_headers(site: Site, path: str, files: Files) -> Filter | None:
    """The maker of these filters. A header that the app sends too is replaced, but for cookies, which are
    added."""
    found = site.of(HTTP_PROTOCOL, path)
    if not (found.custom or found.redirect):
        return None
    custom, redirect = _encoded(found.custom), _encoded((*found.custom, *found.redirect))

    def wrap(exchange: Exchange, send: Send) -> Send:
        async def dressed(message: Mapping[str, object]) -> None:
            if message["type"] == "http.response.start":
                own = redirect if message["status"] in _REDIRECTIONS else custom
                message = {**message, "headers": _with(message["headers"], own)}
            await send(message)

        return dressed

    return wrap


def _encoded(headers: tuple[Header, ...]) -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _with(given: object, own: Headers) -> Headers:
    names = {name for name, _ in own} - _REPEATED
    before: Headers = given if isinstance(given, list) else []
    return [header for header in before if header[0] not in names] + own
