"""What the static handler answers: a file or a part of it, its default document, the folder's list, 304, 403,
404, 405, 412, 416."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Literal, NamedTuple
from urllib.parse import quote

from webstead.formats.webconfig.schema.browse import Browse
from webstead.formats.webconfig.schema.compression import Types
from webstead.formats.webconfig.schema.content import extension_of
from webstead.front.asgi import Headers
from webstead.front.codings import Negotiation
from webstead.front.encoded_files import EncodedFiles
from webstead.front.error_page import Problem
from webstead.front.exchange import SERVER, Exchange
from webstead.front.file_answer import FileAnswer, answer_file
from webstead.front.files import Files, Found, read_part_aside
from webstead.front.folder_page import FOLDER_HEADERS, folder_page
from webstead.front.limits import LISTED, PART
from webstead.front.ranges import Part
from webstead.front.validators import CONDITIONAL, Conditions

__all__ = ["Encoding", "Listed", "Sent", "Served", "choose", "serve_static"]

_NOT_LISTED = Problem(403, sub_status=14)
_MISSING = Problem(404)
_METHOD = Problem(405)
_PRINTABLE = string.punctuation


class Served(NamedTuple):
    """How the files of a folder are served. documents: the names that are looked for in it. media: a path's
    Content-Type, None where none is mapped. caching: headers of their responses. sets_etag: whether they have
    an ETag. browse: what a list of the folder shows, None where it is not listed; hides: a path that is left
    out of it. encoding: None where files are not compressed."""

    documents: Sequence[str]
    media: Callable[[str], str | None]
    caching: Sequence[tuple[bytes, bytes]] = ()
    sets_etag: bool = True
    browse: Browse | None = None
    hides: Callable[[str], bool] = lambda path: False
    encoding: Encoding | None = None


class Encoding(NamedTuple):
    """How files are compressed. kinds: the Content-Types that are. smallest: what is shorter is sent as it
    is."""

    files: EncodedFiles
    negotiation: Negotiation
    kinds: Types
    smallest: int


class Sent(NamedTuple):
    """A file that is sent. kind: its Content-Type."""

    path: str
    found: Found
    kind: str


class Listed(NamedTuple):
    """A folder that is listed."""

    path: str
    browse: Browse


Chosen = Sent | Listed | Problem | Literal["slash"]


def choose(files: Files, path: str, how: Served) -> Chosen:
    """What stands at a path for a client. path: canonical, after rewriting. `slash`: a folder, asked without
    the slash at its end."""
    found = None if path.endswith("/") else files.find(path)
    if found is not None:
        return _typed(found, path, how)
    if files.kind(path) != "folder":
        return _MISSING
    if not path.endswith("/"):
        return "slash"
    for name in how.documents:
        found = files.find(path + name)
        if found is not None:
            return _typed(found, path + name, how)
    return _NOT_LISTED if how.browse is None else Listed(path, how.browse)


def _typed(found: Found, path: str, how: Served) -> Sent | Problem:
    kind = how.media(path)
    return _unmapped(path) if kind is None else Sent(path, found, kind)


def _unmapped(path: str) -> Problem:
    """IIS sends only kinds of files that it knows, so that nobody gets what was not meant to be sent."""
    extension = extension_of(path)
    return Problem(
        404,
        "The type of this file is not known, so it is not sent.",
        found=f"{path}: no mimeMap for {'names without an extension' if extension == '.' else extension}",
        fix="Add it to web.config, in <system.webServer>: <staticContent>"
        f'<mimeMap fileExtension="{extension}" mimeType="application/octet-stream" /></staticContent>',
        sub_status=3,
    )


async def serve_static(exchange: Exchange, files: Files, path: str, how: Served) -> None:
    """Answer for a path that the static handler got. path: canonical, after rewriting."""
    if exchange.method not in ("GET", "HEAD"):
        await exchange.refuse(_METHOD, (b"allow", b"GET, HEAD"))
        return
    chosen = choose(files, path, how)
    if isinstance(chosen, Sent):
        found = chosen.found if how.encoding is None else await _encoded(exchange, chosen, how.encoding)
        await _send_file(exchange, found, chosen.kind, how)
    elif isinstance(chosen, Listed):
        await _send_list(exchange, files, chosen, how)
    elif isinstance(chosen, Problem):
        await exchange.refuse(chosen)
    else:
        await exchange.redirect(301, _with_slash(exchange))


async def _encoded(exchange: Exchange, chosen: Sent, how: Encoding) -> Found:
    """The file in a coding that the client takes, or as it is."""
    codings = how.negotiation.of(exchange.headers, exchange.scope["http_version"])
    if not codings or not how.kinds.has(chosen.kind):
        return chosen.found
    return await how.files.find(chosen.path, chosen.found, codings, how.smallest) or chosen.found


async def _send_list(exchange: Exchange, files: Files, chosen: Listed, how: Served) -> None:
    """In a thread: a folder may hold thousands of files, on a slow disk."""

    def made() -> bytes:
        entries = [entry for entry in files.entries(chosen.path) if not how.hides(chosen.path + entry.name)]
        return folder_page(chosen.path, entries[:LISTED], chosen.browse, more=len(entries) > LISTED)

    body = await asyncio.get_running_loop().run_in_executor(None, made)
    await exchange.respond(200, list(FOLDER_HEADERS), body)


def _with_slash(exchange: Exchange) -> str:
    """The address as asked, with a slash; never `//host`, which would lead elsewhere."""
    raw, query = exchange.scope["raw_path"], exchange.scope["query_string"]
    target = b"/" + raw.lstrip(b"/\\") + b"/" + (b"?" + query if query else b"")
    return quote(target, safe=_PRINTABLE)


def _conditions(exchange: Exchange) -> Conditions | None:
    if CONDITIONAL.isdisjoint(exchange.headers):
        return None
    get = exchange.headers.get
    return Conditions(
        get(b"if-match"),
        get(b"if-none-match"),
        get(b"if-modified-since"),
        get(b"if-unmodified-since"),
        get(b"range"),
        get(b"if-range"),
    )


async def _send_file(exchange: Exchange, found: Found, kind: str, how: Served) -> None:
    about: Headers = [*found.headers, *how.caching]
    if not how.sets_etag:
        about = [header for header in about if header[0] != b"etag"]
    answer = answer_file(
        found,
        kind.encode(),
        about,
        _conditions(exchange),
        _boundary,
        has_etag=how.sets_etag,
        may_be_parted=exchange.method == "GET",
    )
    if answer.status >= 400:
        await exchange.refuse(Problem(answer.status), *answer.headers)
    elif answer.status == 304:
        await exchange.respond(304, answer.headers, b"")
    else:
        await _send(exchange, found, answer)


def _boundary() -> bytes:
    """Nobody can write a file that holds it."""
    return token_hex(16).encode()


async def _send(exchange: Exchange, found: Found, answer: FileAnswer) -> None:
    length = answer.length(found.size)
    headers = [*answer.headers, SERVER, (b"content-length", b"%d" % length)]
    exchange.status = answer.status
    await exchange.send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if exchange.method == "HEAD":
        await exchange.send({"type": "http.response.body", "body": b""})
        return
    exchange.size = length
    if found.body is not None:
        body = found.body if answer.pieces is None else _cut(found.body, answer.pieces)
        await exchange.send({"type": "http.response.body", "body": body})
    else:
        await _send_pieces(exchange, found, answer.pieces or (Part(0, found.size),))


def _cut(body: bytes, pieces: Sequence[bytes | Part]) -> bytes:
    return b"".join(body[piece.first : piece.end] if isinstance(piece, Part) else piece for piece in pieces)


async def _send_pieces(exchange: Exchange, found: Found, pieces: Sequence[bytes | Part]) -> None:
    if len(pieces) == 1 and isinstance(only := pieces[0], Part):
        span = {"first": only.first, "length": only.length}
        await exchange.send({"type": "http.response.pathsend", "path": found.path, **span})
        return
    for piece in pieces:
        if isinstance(piece, Part):
            await _send_part(exchange, found.path, piece)
        else:
            await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


async def _send_part(exchange: Exchange, path: str, part: Part) -> None:
    first = part.first
    while first < part.end:
        data = await read_part_aside(path, first, min(part.end - first, PART))
        if not data:
            raise EOFError(path)  # it has become shorter than its Content-Length: cut the connection
        first += len(data)
        await exchange.send({"type": "http.response.body", "body": data, "more_body": True})
