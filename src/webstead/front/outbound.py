"""Outbound rules on a response that streams by: headers, URLs in tags, whole bodies."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping
from urllib.parse import unquote

from webstead.formats.webconfig import Site
from webstead.formats.webconfig.html_tags import TagRewriter
from webstead.formats.webconfig.model import Request
from webstead.formats.webconfig.outbound import NOT_SET, OutboundRule, Outgoing
from webstead.formats.webconfig.schema.outbound import OUTBOUND_RULES
from webstead.formats.webconfig.variables import Captures
from webstead.front.asgi import Headers, Send
from webstead.front.exchange import Exchange
from webstead.front.files import Files, read_part_aside
from webstead.front.filter import Filter
from webstead.front.limits import OUTBOUND_BODY, PART

__all__ = ["outbound_rules"]

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_BODILESS = frozenset({101, 204, 304})
_NOT_ASKED = frozenset({b"accept-encoding", b"range", b"if-range"})
"""What a body must not be when it is rewritten: compressed, or a part."""


def outbound_rules(site: Site, path: str, files: Files) -> Filter | None:
    """The maker of these filters."""
    rules = tuple(rule for rule in site.of(OUTBOUND_RULES, path) if rule.header not in NOT_SET)
    if not rules:
        return None
    told: set[str] = set()
    changes_bodies = any(rule.tags or rule.finder is not None for rule in rules)

    def wrap(exchange: Exchange, send: Send) -> Send:
        request = _request(exchange)
        if changes_bodies:
            asked = exchange.headers.items()
            exchange.headers = {name: value for name, value in asked if name not in _NOT_ASKED}
        return _Rewriting(rules, exchange, request, send, told).send

    return wrap


def _request(exchange: Exchange) -> Request:
    scope = exchange.scope
    query = scope["query_string"]
    raw = scope["raw_path"] + (b"?" + query if query else b"")
    server = scope["server"]
    return Request(
        method=exchange.method,
        raw_target=raw.decode("latin-1"),
        path=unquote(scope["raw_path"].decode("latin-1")),
        query=query.decode("latin-1"),
        scheme="https" if scope["scheme"] in ("https", "wss") else "http",
        host=exchange.headers.get(b"host", b"").decode("latin-1"),
        port=int(server[1]) if server else 0,
        remote_address=exchange.client,
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in exchange.headers.items()},
    )


class _Rewriting:
    """One response. Its start is held back until it is known whether its body is changed."""

    def __init__(
        self,
        rules: tuple[OutboundRule, ...],
        exchange: Exchange,
        request: Request,
        send: Send,
        told: set[str],
    ) -> None:
        """told: the rules of which it was said that they take too long."""
        self._rules = rules
        self._exchange = exchange
        self._request = request
        self._send = send
        self._told = told
        self._outgoing: Outgoing | None = None
        self._tags: TagRewriter | None = None
        self._whole: list[bytes] | None = None
        self._size = 0
        self._encoding = "utf-8"

    async def send(self, message: Mapping[str, object]) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            await self._start(message)
        elif kind == "http.response.body":
            body = message.get("body", b"")
            more = bool(message.get("more_body", False))
            await self._body(body if isinstance(body, bytes) else b"", more)
        elif kind == "http.response.pathsend" and (self._tags or self._whole is not None):
            await self._file(str(message["path"]))
        else:
            await self._send(message)

    async def _start(self, message: Mapping[str, object]) -> None:
        headers: Headers = []
        given = message["headers"]
        if isinstance(given, list):
            headers = given
        texts = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        response = {**dict(texts), "status": str(message["status"])}
        captures = Captures(self._request, self._request.path, self._request.query)
        outgoing = self._outgoing = Outgoing.of(self._rules, captures, lambda path: "none", response)
        made = outgoing.new_headers(texts)
        if self._changes_body(outgoing, message["status"], dict(headers)):
            made = [(name, value) for name, value in made if name not in ("content-length", "accept-ranges")]
        sent = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in made]
        await self._send({**message, "headers": sent})

    def _changes_body(self, outgoing: Outgoing, status: object, headers: Mapping[bytes, bytes]) -> bool:
        coded = headers.get(b"content-encoding", b"identity").strip().lower() != b"identity"
        if status in _BODILESS or status == 206 or coded:
            return False
        found = _CHARSET.search(headers.get(b"content-type", b""))
        self._encoding = _known(found[1].decode("ascii")) if found else "utf-8"
        if outgoing.tags:
            self._tags = TagRewriter(outgoing.wanted_tags, outgoing.new_url)
        if outgoing.bodies:
            self._whole = []
        return bool(outgoing.tags or outgoing.bodies)

    async def _body(self, data: bytes, more: bool) -> None:
        if self._tags is not None:
            data = self._tags.feed(data)
            if not more:
                data += self._tags.finish()
        if self._whole is not None:
            data = await self._held(self._whole, data, more)
        await self._pass_on(data, more)

    async def _held(self, held: list[bytes], data: bytes, more: bool) -> bytes:
        """Of a body that is looked at whole: nothing, until it ends, or is larger than OUTBOUND_BODY."""
        held.append(data)
        self._size += len(data)
        if more and self._size <= OUTBOUND_BODY:
            return b""
        body = b"".join(held)
        self._whole = None
        if self._outgoing is None or self._size > OUTBOUND_BODY:
            return body
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, _rewritten, self._outgoing, body, self._encoding)

    async def _pass_on(self, data: bytes, more: bool) -> None:
        if not more:
            self._tell()
        if data or not more:
            await self._send({"type": "http.response.body", "body": data, "more_body": more})

    def _tell(self) -> None:
        slow = set(self._outgoing.slow) - self._told if self._outgoing is not None else set()
        self._told.update(slow)
        for name in sorted(slow):
            sys.stderr.write(
                f"warning: outbound rule {name!r} takes too long; what it looked at is unchanged\n"
            )

    async def _file(self, path: str) -> None:
        first = 0
        while data := await read_part_aside(path, first, PART):
            first += len(data)
            await self._body(data, True)
        await self._body(b"", False)


def _known(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name


def _rewritten(outgoing: Outgoing, body: bytes, encoding: str) -> bytes:
    """A body that is not in its encoding is looked at byte by byte."""
    try:
        text = body.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        encoding, text = "latin-1", body.decode("latin-1")
    return outgoing.new_body(text).encode(encoding, "xmlcharrefreplace")
