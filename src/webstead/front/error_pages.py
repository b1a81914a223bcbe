"""httpErrors: the site's own pages in the place of error answers.

The answer is taken in to its end before the page is sent: the app that gave it is free again when a URL is
executed, which may ask the same app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote

from webstead.formats.webconfig import Site
from webstead.formats.webconfig.filtering import refused_request
from webstead.formats.webconfig.model import Request
from webstead.formats.webconfig.schema.errors import HTTP_ERRORS, ErrorPage, ErrorPages
from webstead.formats.webconfig.schema.filtering import REQUEST_FILTERING
from webstead.front.asgi import Headers, Send
from webstead.front.error_page import sees_details
from webstead.front.exchange import SERVER, Exchange
from webstead.front.files import Files, Found, read_part_aside
from webstead.front.filter import Filter
from webstead.front.languages import language_folders
from webstead.front.limits import PART
from webstead.front.media import with_charset

__all__ = ["error_pages"]

_ERROR = 400
_URL_SAFE = "-._~:/?#[]@!$&'()*+,;=%"
_PATH_SAFE = "/-._~!$&'()*+,;=:@"
_KEPT = frozenset({b"allow", b"connection", b"content-range", b"retry-after", b"www-authenticate"})
"""Headers of an error that mean something without its body."""
_DEFAULT_PORTS = {"http": b"80", "https": b"443"}

_Message = Mapping[str, object]


def error_pages(site: Site, path: str, files: Files) -> Filter | None:
    """The maker of these filters."""
    pages = site.of(HTTP_ERRORS, path)
    if pages == ErrorPages():
        return None

    def wrap(exchange: Exchange, send: Send) -> Send:
        exchange.error_mode = pages.mode
        return _Replacing(pages, files, site, exchange, send).send

    return wrap


class _Replacing:
    """One answer; what is sent instead, once that is known."""

    def __init__(self, pages: ErrorPages, files: Files, site: Site, exchange: Exchange, send: Send) -> None:
        self._pages = pages
        self._files = files
        self._site = site
        self._exchange = exchange
        self._send = send
        self._instead: Callable[[], Awaitable[None]] | None = None
        self._held: list[_Message] = []
        """Of an answer of ours: it is sent after all where the page cannot be had."""

    async def send(self, message: _Message) -> None:
        if message["type"] == "http.response.start":
            self._instead = self._replacement(message)
        if self._instead is None:
            await self._send(message)
            return
        if self._exchange.refused:
            self._held.append(message)
        if message["type"] != "http.response.start" and not message.get("more_body"):
            await self._instead()

    def _replacement(self, start: _Message) -> Callable[[], Awaitable[None]] | None:
        status = start["status"]
        page = self._page(status) if isinstance(status, int) and status >= _ERROR else None
        if page is None or not isinstance(status, int):
            return None
        if page.mode == "Redirect":
            return lambda: self._redirect(page.path)
        if page.mode == "ExecuteURL":
            return (lambda: self._execute(page.path, status)) if self._exchange.execute else None
        found = self._find(page)
        if found is None:
            return None
        path, file = found
        given = start["headers"]
        headers = [header for header in given if header[0] in _KEPT] if isinstance(given, list) else []
        if page.prefix:
            headers.append((b"vary", b"accept-language"))
        return lambda: self._file(status, headers, path, file)

    def _page(self, status: int) -> ErrorPage | None:
        exchange, pages = self._exchange, self._pages
        if pages.mode == "Detailed" or not (exchange.refused or pages.replaces):
            return None
        local = pages.mode == "DetailedLocalOnly" and sees_details(exchange.client, exchange.headers)
        return None if local else pages.page(status, exchange.sub_status)

    async def _redirect(self, address: str) -> None:
        location = quote(address, safe=_URL_SAFE).encode()
        await self._whole(302, [(b"location", location)], b"")

    # Files

    def _find(self, page: ErrorPage) -> tuple[str, Found] | None:
        """The file of a page, by its path: of the language that the client likes best, or outside of all."""
        paths = [page.path]
        if page.prefix:
            accepted = self._exchange.headers.get(b"accept-language", b"")
            folders = [f"{page.prefix}/{folder}" for folder in language_folders(accepted)]
            paths = [f"{folder}{page.path}" for folder in (*folders, page.prefix)]
        for path in paths:
            found = self._files.find(path)
            if found is not None:
                return path, found
        return None

    async def _file(self, status: int, headers: Headers, path: str, found: Found) -> None:
        kind = with_charset(self._site.mime_type(path) or "text/html").encode()
        headers = [*headers, (b"content-type", kind), (b"cache-control", b"no-store")]
        if found.body is not None:
            await self._whole(status, headers, found.body)
            return
        await self._start(status, headers, found.size)
        if self._exchange.method == "HEAD":
            await self._send({"type": "http.response.body", "body": b""})
        first = 0 if self._exchange.method != "HEAD" else found.size
        while first < found.size:
            data = await read_part_aside(found.path, first, min(PART, found.size - first))
            if not data:
                raise EOFError(
                    found.path
                )  # it has become shorter than its Content-Length: cut the connection
            first += len(data)
            await self._send({"type": "http.response.body", "body": data, "more_body": first < found.size})

    async def _whole(self, status: int, headers: Headers, body: bytes) -> None:
        await self._start(status, headers, len(body))
        sent = b"" if self._exchange.method == "HEAD" else body
        await self._send({"type": "http.response.body", "body": sent})

    async def _start(self, status: int, headers: Headers, size: int) -> None:
        self._exchange.status, self._exchange.size = status, size
        headers = [*headers, (b"content-length", b"%d" % size), SERVER]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    # URLs

    async def _execute(self, url: str, status: int) -> None:
        """The page is what the site answers at this URL, with the status that it has there, as on IIS. An
        error of a page leads to no other page: the first error is told."""
        exchange = self._exchange
        path, _, own = url.partition("?")
        raw_path = quote(path, safe=_PATH_SAFE).encode()
        inner = exchange.inner(raw_path, self._told(path, raw_path, own.encode(), b"%d;" % status))
        failed = False

        async def unless_it_fails(message: _Message) -> None:
            nonlocal failed
            failed = failed or (inner.refused and bool(self._held))
            if not failed:
                await exchange.undressed(message)

        inner.send = inner.undressed = unless_it_fails
        if exchange.execute is not None:
            await exchange.execute(inner)
        if failed:
            for message in self._held:
                await self._send(message)
            return
        exchange.status, exchange.size = inner.status, inner.size

    def _told(self, path: str, raw_path: bytes, own: bytes, status: bytes) -> bytes:
        """The query of the page: its own, the status, and the address that was asked; of that, as much as the
        page's request filtering lets pass, as it may be what is wrong with it."""
        filtering = self._site.of(REQUEST_FILTERING, path)
        address, query = _asked(self._exchange)
        for asked in (address + query, address, b""):
            told = own + b"&" + status + asked if own else status + asked
            target = (raw_path + b"?" + told).decode("latin-1")
            request = Request("GET", target, path, told.decode("latin-1"), "http", "", 0, "")
            if refused_request(filtering, request) is None:
                return told
        return own


def _asked(exchange: Exchange) -> tuple[bytes, bytes]:
    """The address that was asked, as IIS tells it to the page: with the port; and its query with the `?`."""
    scope = exchange.scope
    host = exchange.headers.get(b"host", b"localhost")
    scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
    if b":" not in host.rpartition(b"]")[2]:
        host += b":" + _DEFAULT_PORTS[scheme]
    query = scope["query_string"]
    return scheme.encode() + b"://" + host + scope["raw_path"], b"?" + query if query else b""
