"""What the static handler answers: a file or a part of it, its default document, 304, 403, 404, 405, 416."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import quote

from webstead.front.asgi import Headers
from webstead.front.error_page import Problem
from webstead.front.exchange import SERVER, Exchange
from webstead.front.files import Files, Found, read_part_aside
from webstead.front.limits import PART
from webstead.front.validators import Conditions, Part, is_unchanged, select_part

__all__ = ["Served", "serve_static"]

_LISTING = Problem(403, sub_status=14)
_MISSING = Problem(404)
_METHOD = Problem(405)
_PRINTABLE = string.punctuation
_UNCONDITIONAL = Conditions()


class Served(NamedTuple):
    """How the files of a folder are served. documents: the names that are looked for in it. media: a path's
    type. caching: headers of their responses. sets_etag: whether they have an ETag."""

    documents: Sequence[str]
    media: Callable[[str], str]
    caching: Sequence[tuple[bytes, bytes]] = ()
    sets_etag: bool = True


async def serve_static(exchange: Exchange, files: Files, path: str, how: Served) -> None:
    """Answer for a path that the static handler got. path: canonical, after rewriting."""
    if exchange.method not in ("GET", "HEAD"):
        await exchange.refuse(_METHOD, (b"allow", b"GET, HEAD"))
        return
    found = None if path.endswith("/") else files.find(path)
    if found is not None:
        await send_file(exchange, found, how.media(path), how)
    elif files.kind(path) == "folder":
        await _serve_folder(exchange, files, path, how)
    else:
        await exchange.refuse(_MISSING)


async def _serve_folder(exchange: Exchange, files: Files, path: str, how: Served) -> None:
    if not path.endswith("/"):
        await exchange.redirect(301, _with_slash(exchange))
        return
    for name in how.documents:
        found = files.find(path + name)
        if found is not None:
            await send_file(exchange, found, how.media(path + name), how)
            return
    await exchange.refuse(_LISTING)


def _with_slash(exchange: Exchange) -> str:
    """The address as asked, with a slash; never `//host`, which would lead elsewhere."""
    raw, query = exchange.scope["raw_path"], exchange.scope["query_string"]
    target = b"/" + raw.lstrip(b"/\\") + b"/" + (b"?" + query if query else b"")
    return quote(target, safe=_PRINTABLE)


def _conditions(exchange: Exchange) -> Conditions | None:
    get = exchange.headers.get
    conditions = Conditions(get(b"if-none-match"), get(b"if-modified-since"), get(b"range"), get(b"if-range"))
    return None if conditions == _UNCONDITIONAL else conditions


async def send_file(exchange: Exchange, found: Found, kind: str, how: Served) -> None:
    conditions = _conditions(exchange)
    validators = [*found.headers, *how.caching]
    if not how.sets_etag:
        validators = [header for header in validators if header[0] != b"etag"]
    part: Part | None = None
    if conditions is not None:
        if is_unchanged(conditions, found.etag, found.modified):
            await exchange.respond(304, validators, b"")
            return
        chosen = select_part(conditions, found.etag, found.modified, found.size)
        if chosen == "unsatisfiable":
            await exchange.refuse(Problem(416), (b"content-range", b"bytes */%d" % found.size))
            return
        part = chosen if isinstance(chosen, Part) and exchange.method == "GET" else None
    headers: Headers = [(b"content-type", kind.encode()), *validators, SERVER]
    if part is not None:
        span = (part.first, part.first + part.length - 1, found.size)
        headers.append((b"content-range", b"bytes %d-%d/%d" % span))
    await _send(exchange, found, headers, part)


async def _send(exchange: Exchange, found: Found, headers: Headers, part: Part | None) -> None:
    first, length = (part.first, part.length) if part else (0, found.size)
    headers.append((b"content-length", b"%d" % length))
    exchange.status = 206 if part else 200
    await exchange.send({"type": "http.response.start", "status": exchange.status, "headers": headers})
    if exchange.method == "HEAD":
        await exchange.send({"type": "http.response.body", "body": b""})
        return
    exchange.size = length
    if found.body is not None:
        body = found.body[first : first + length] if part else found.body
        await exchange.send({"type": "http.response.body", "body": body})
    elif part is None and "http.response.pathsend" in exchange.scope.get("extensions", {}):
        await exchange.send({"type": "http.response.pathsend", "path": found.path})
    else:
        await _send_parts(exchange, found.path, first, length)


async def _send_parts(exchange: Exchange, path: str, first: int, length: int) -> None:
    while length:
        data = await read_part_aside(path, first, min(length, PART))
        if not data:
            raise EOFError(path)  # it has become shorter than its Content-Length: cut the connection
        first += len(data)
        length -= len(data)
        await exchange.send({"type": "http.response.body", "body": data, "more_body": length > 0})
