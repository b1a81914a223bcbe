"""Dynamic compression: answers of apps, compressed on their way out.

It is on, as on App Service, and a stream stays one: each part that an app sends is passed on at once. What is
short, compressed already, a part, or not to be transformed passes unchanged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from weakref import WeakSet

from webstead.formats.webconfig import Site
from webstead.formats.webconfig.schema.compression import (
    HTTP_COMPRESSION,
    URL_COMPRESSION,
    Coding,
    Compression,
)
from webstead.front.asgi import Headers, Send
from webstead.front.codings import Negotiation
from webstead.front.encoders import FOR_ANSWERS, Encoder, encode, encoder
from webstead.front.exchange import Exchange
from webstead.front.files import Files
from webstead.front.filter import Filter
from webstead.front.limits import ENCODED_ASIDE, STREAMS_ENCODED

__all__ = ["VARY", "dynamic_compression", "with_vary"]

VARY = (b"vary", b"Accept-Encoding")

_BODILESS = frozenset({101, 204, 205, 206, 304})
_ABOUT_BYTES = frozenset({b"content-md5", b"content-digest", b"digest", b"repr-digest", b"content-range"})
"""Headers that tell of the very bytes that follow."""
_CHANGED = frozenset({b"content-length", b"accept-ranges"})


def dynamic_compression(site: Site, path: str, files: Files) -> Filter | None:
    """The maker of these filters."""
    settings = site.of(HTTP_COMPRESSION, path)
    order = [coding for coding in FOR_ANSWERS if coding in settings.dynamic]
    if not site.of(URL_COMPRESSION, path).dynamic or not order:
        return None
    negotiation = Negotiation(settings, order, guarded=True)

    def wrap(exchange: Exchange, send: Send) -> Send:
        codings = negotiation.of(exchange.headers, exchange.scope["http_version"])
        if not codings or exchange.method == "HEAD":
            return send
        return _Encoding(codings[0], settings, send).send

    return wrap


_open: WeakSet[_Encoding] = WeakSet()
"""The streams that are being compressed: each holds memory for as long as its client likes."""


class _Encoding:
    """One answer. A start whose Content-Length is known is held back until its body shows whether it comes
    whole; a stream without one is begun at once."""

    def __init__(self, coding: Coding, settings: Compression, send: Send) -> None:
        self._coding = coding
        self._settings = settings
        self._send = send
        self._held: Mapping[str, object] | None = None
        self._encoder: Encoder | None = None

    async def send(self, message: Mapping[str, object]) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            await self._start(message)
        elif kind == "http.response.body" and (self._held is not None or self._encoder is not None):
            body = message.get("body", b"")
            await self._body(body if isinstance(body, bytes) else b"", bool(message.get("more_body")))
        else:
            await self._release()
            await self._send(message)

    async def _start(self, message: Mapping[str, object]) -> None:
        given = message["headers"]
        headers: Headers = given if isinstance(given, list) else []
        if message["status"] in _BODILESS or not self._may_change(headers):
            await self._send(message)
        elif any(name == b"content-length" for name, _ in headers):
            self._held = message
        else:
            await self._begin(message)

    def _may_change(self, headers: Headers) -> bool:
        found = dict(headers)
        length = found.get(b"content-length")
        return (
            (length is None or int(length) >= max(self._settings.smallest, 1))
            and self._settings.dynamic_types.has(found.get(b"content-type", b"").decode("latin-1"))
            and not any(_forbids(name, value) for name, value in headers)
        )

    async def _begin(self, message: Mapping[str, object]) -> None:
        """A stream; past STREAMS_ENCODED of them, as it is."""
        if len(_open) >= STREAMS_ENCODED:
            await self._send(message)
            return
        self._encoder = encoder(self._coding)
        _open.add(self)
        await self._send({**message, "headers": encoded_headers(message["headers"], self._coding)})

    async def _body(self, data: bytes, more: bool) -> None:
        held, self._held = self._held, None
        if held is not None and not more:
            await self._whole(held, data)
            return
        if held is not None:
            await self._begin(held)
        stream = self._encoder
        if stream is not None and (data or not more):
            data = await _aside(stream.feed if more else stream.finish, data)
        if not more:
            _open.discard(self)
        if data or not more:
            await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def _whole(self, start: Mapping[str, object], data: bytes) -> None:
        made = await _aside(lambda plain: encode(self._coding, plain), data)
        if len(made) < len(data):
            headers = encoded_headers(start["headers"], self._coding)
            headers.append((b"content-length", b"%d" % len(made)))
            start, data = {**start, "headers": headers}, made
        await self._send(start)
        await self._send({"type": "http.response.body", "body": data})

    async def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await self._send(held)


def _forbids(name: bytes, value: bytes) -> bool:
    """Whether an answer with this header is sent as it is."""
    if name == b"content-encoding":
        return value.strip().lower() != b"identity"
    return name in _ABOUT_BYTES or (name == b"cache-control" and b"no-transform" in value.lower())


async def _aside(work: Callable[[bytes], bytes], data: bytes) -> bytes:
    """What takes long is done in a thread; the libraries let others run meanwhile."""
    if len(data) <= ENCODED_ASIDE:
        return work(data)
    return await asyncio.get_running_loop().run_in_executor(None, work, data)


def encoded_headers(given: object, coding: Coding) -> Headers:
    """Those of an answer that is compressed now: a strong tag becomes a weak one, as the bytes are others
    (RFC 9110, 8.8.1)."""
    before: Headers = given if isinstance(given, list) else []
    kept = [
        (name, b"W/" + value if name == b"etag" and value.startswith(b'"') else value)
        for name, value in before
        if name not in _CHANGED and name != b"content-encoding"
    ]
    return [*with_vary(kept), (b"content-encoding", coding.encode())]


def with_vary(headers: Headers) -> Headers:
    """With Accept-Encoding in Vary, which stays one header."""
    listed = [value for name, value in headers if name == b"vary"]
    words = {word.strip().lower() for value in listed for word in value.split(b",")}
    if words & {b"*", b"accept-encoding"}:
        return headers
    others = [header for header in headers if header[0] != b"vary"]
    return [*others, (b"vary", b", ".join([*listed, VARY[1]]))]
