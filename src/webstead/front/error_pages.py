"""httpErrors: the site's own pages in the place of error answers."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from webstead.formats.webconfig import Site
from webstead.formats.webconfig.schema.errors import HTTP_ERRORS, ErrorPage, ErrorPages
from webstead.front.asgi import Headers, Send
from webstead.front.error_page import sees_details
from webstead.front.exchange import SERVER, Exchange
from webstead.front.files import Files, Found, read_part_aside
from webstead.front.filter import Filter
from webstead.front.limits import PART
from webstead.front.media import with_charset

__all__ = ["error_pages"]

_ERROR = 400
_URL_SAFE = "-._~:/?#[]@!$&'()*+,;=%"
_KEPT = frozenset({b"allow", b"retry-after", b"www-authenticate"})
"""Headers of an error that mean something without its body."""


def error_pages(site: Site, path: str, files: Files) -> Filter | None:
    """The maker of these filters."""
    pages = site.of(HTTP_ERRORS, path)
    if not pages.pages or pages.mode == "Detailed":
        return None

    def wrap(exchange: Exchange, send: Send) -> Send:
        return _Replacing(pages, files, site, exchange, send).send

    return wrap


class _Replacing:
    """One answer; the page that takes its place, once that is known."""

    def __init__(self, pages: ErrorPages, files: Files, site: Site, exchange: Exchange, send: Send) -> None:
        self._pages = pages
        self._files = files
        self._site = site
        self._exchange = exchange
        self._send = send
        self._replaced = False

    async def send(self, message: Mapping[str, object]) -> None:
        if message["type"] == "http.response.start":
            page = self._page(message["status"])
            if page is None or not await self._replace(page, message):
                await self._send(message)
        elif not self._replaced:
            await self._send(message)

    def _page(self, status: object) -> ErrorPage | None:
        exchange = self._exchange
        if not isinstance(status, int) or status < _ERROR:
            return None
        if not (exchange.refused or self._pages.replaces):
            return None
        local = self._pages.mode == "DetailedLocalOnly" and sees_details(exchange.client, exchange.headers)
        return None if local else self._pages.page(status, exchange.sub_status)

    async def _replace(self, page: ErrorPage, message: Mapping[str, object]) -> bool:
        """Whether the page could be sent."""
        if page.redirect:
            location = quote(page.redirect, safe=_URL_SAFE).encode()
            self._exchange.status = 302
            await self._whole(302, [(b"location", location)], b"")
            return True
        found = self._files.find(page.file)
        if found is None:
            return False
        given = message["headers"]
        kept = [header for header in given if header[0] in _KEPT] if isinstance(given, list) else []
        kind = with_charset(self._site.mime_type(page.file) or "text/html").encode()
        headers = [*kept, (b"content-type", kind), (b"cache-control", b"no-store")]
        status = message["status"]
        body = await _contents(found)
        await self._whole(status if isinstance(status, int) else 500, headers, body)
        return True

    async def _whole(self, status: int, headers: Headers, body: bytes) -> None:
        self._replaced = True
        self._exchange.size = len(body)
        headers += [(b"content-length", b"%d" % len(body)), SERVER]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        sent = b"" if self._exchange.method == "HEAD" else body
        await self._send({"type": "http.response.body", "body": sent})


async def _contents(found: Found) -> bytes:
    """Of a page that people wrote; the end of one that is larger than a megabyte is left out."""
    return found.body if found.body is not None else await read_part_aside(found.path, 0, 16 * PART)
