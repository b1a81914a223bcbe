"""A request as an instance gets it: over FastCGI, or over HTTP/1.1."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from webstead.front import fastcgi, http1
from webstead.front.asgi import Headers
from webstead.front.error_page import Problem, is_local
from webstead.front.exchange import BadBody, Exchange
from webstead.front.headers import LENGTH_DIGITS, takes_trailers
from webstead.front.limits import REQUEST_BODY_HELD
from webstead.front.params import HeaderPieces
from webstead.front.reply import last_chunk
from webstead.front.serving import Destination
from webstead.front.upstream import Reader, Upstream
from webstead.front.websocket import is_key, upgrade_headers
from webstead.policies import Written

__all__ = [
    "BAD_BODIES",
    "MALFORMED",
    "UNKNOWN_CODING",
    "Outgoing",
    "body_length",
    "fastcgi_params",
    "fastcgi_request",
    "headers_for_process",
    "host_for",
    "http_request",
    "is_streamed",
    "target_of",
]

MALFORMED = -2
UNKNOWN_CODING = -3
BAD_BODIES = {
    MALFORMED: Problem(400, "The request's Content-Length is not one number."),
    UNKNOWN_CODING: Problem(501, "The request's Transfer-Encoding is not known here; chunked is."),
}
_CONTINUE = b"100-continue"
_REPEATABLE = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})


class Outgoing(NamedTuple):
    """A request, encoded. opening: all of it, or (streams) all but the body. frame, end: how body parts are
    sent, and its end with the trailers. repeatable: asking twice does no harm (RFC 9110, 9.2.2), so a kept
    connection that turns out closed may be replaced. welcomed: the body is sent when the instance asks for
    it. upgrades: it asks for a WebSocket."""

    reader: Callable[[Upstream], Reader]
    opening: bytes
    streams: bool
    frame: Callable[[bytes], bytes]
    end: Callable[[Headers], bytes]
    repeatable: bool
    welcomed: bool = False
    upgrades: bool = False


def body_length(exchange: Exchange) -> int | None:
    """Bytes of the request body: -1 for none, None where it is not known before its end, MALFORMED,
    UNKNOWN_CODING: the server takes off `chunked` only, and nobody behind us is told of another."""
    headers = exchange.headers
    coding = headers.get(b"transfer-encoding")
    if coding is not None:
        return None if coding.strip().lower() == b"chunked" else UNKNOWN_CODING
    text = headers.get(b"content-length")
    if text is None:
        return -1
    return int(text) if text.isdigit() and len(text) <= LENGTH_DIGITS else MALFORMED


def is_streamed(exchange: Exchange) -> bool:
    """Whether the request's body is passed on as it comes: one that is long, or may be, or that the client
    waits to be asked for."""
    length = body_length(exchange)
    return length is None or length > REQUEST_BODY_HELD or _expects_to_be_asked(exchange, length)


async def _held_body(exchange: Exchange) -> tuple[int | None, bytes | None]:
    """The length of the request's body, and the body itself where it is short enough to be held until it is
    whole: None for one that is streamed. Raises BadBody, ClientGone and ClientSlow."""
    length = body_length(exchange)
    if length in BAD_BODIES:
        raise BadBody(BAD_BODIES[length])
    if length is None or is_streamed(exchange):
        return length, None
    return length, await exchange.body() if length > 0 else b""


def _expects_to_be_asked(exchange: Exchange, length: int | None) -> bool:
    """Whether the client waits for a word before it sends the body (RFC 9110, 10.1.1). The server gives it
    when the body is read."""
    expected = exchange.headers.get(b"expect", b"").lower() == _CONTINUE
    return expected and length not in (0, -1)


def fastcgi_params(exchange: Exchange, destination: Destination, host: bytes, pieces: HeaderPieces) -> bytes:
    """All parameters of a request, encoded."""
    scope = exchange.scope
    changes = destination.changes
    headers = exchange.headers if changes is None else changes.apply(exchange.headers)
    host = host_for(destination, host)
    parts = [
        destination.piece,
        pieces.request_line(exchange.method, scope["http_version"], scope["scheme"], host, scope["server"]),
        pieces.client(scope["client"]),
    ]
    if destination.route.handler is not None and destination.route.handler.kind == "foreign":
        parts.append(pieces.local(scope["server"]))
    pieces.headers(headers.items(), parts)
    block = b"".join(parts)
    return block if changes is None else changes.over_parameters(block)


async def fastcgi_request(
    exchange: Exchange,
    destination: Destination,
    host: bytes,
    pieces: HeaderPieces,
    report: Callable[[str, bytes], None],
    keep: bool,
    stderr_mode: Written[str] | None,
) -> Outgoing:
    """report: told who wrote a line of the request's error stream, and the line. keep: the connection is left
    open. Raises what holding the body does: BadBody, ClientGone and ClientSlow."""
    _, body = await _held_body(exchange)
    opening = fastcgi.opening(fastcgi_params(exchange, destination, host, pieces), body, keep)

    def reader(upstream: Upstream) -> Reader:
        kept = upstream.kept_reader
        if kept is None:
            told = partial(report, upstream.name)
            kept = upstream.kept_reader = fastcgi.FastCgiReader(upstream, told, stderr_mode)
        return kept

    repeatable = body is not None and exchange.method in _REPEATABLE
    return Outgoing(reader, opening, body is None, fastcgi.frame, _end_of_stdin, repeatable)


async def http_request(exchange: Exchange, destination: Destination, host: bytes) -> Outgoing:
    """For a platform process, or another server. Raises what holding the body does: BadBody, ClientGone and
    ClientSlow."""
    if exchange.scope["type"] == "websocket":
        return await _upgrade_request(exchange, destination, host)
    length, body = await _held_body(exchange)
    passed = headers_for_process(exchange, destination, host)
    welcomed = body is None and _expects_to_be_asked(exchange, length)
    if welcomed:
        passed.append((b"expect", _CONTINUE))
    if takes_trailers(exchange.headers):
        passed += ((b"te", b"trailers"), (b"connection", b"te"))
    target = target_of(exchange, destination)
    head = http1.request_head(exchange.method, target, host_for(destination, host), passed, length)
    head_only = exchange.method == "HEAD"

    def reader(upstream: Upstream) -> Reader:
        return http1.HttpReader(upstream, head_only)

    repeatable = body is not None and exchange.method in _REPEATABLE
    chunked = length is None
    return Outgoing(
        reader=reader,
        opening=head + body if body else head,
        streams=body is None,
        frame=http1.frame if chunked else _as_is,
        end=last_chunk if chunked else _no_end,
        repeatable=repeatable,
        welcomed=welcomed,
    )


async def _upgrade_request(exchange: Exchange, destination: Destination, host: bytes) -> Outgoing:
    """The handshake of a WebSocket. Raises BadBody for one that is none."""
    if not is_key(exchange.headers.get(b"sec-websocket-key", b"")):
        raise BadBody(Problem(400, "The request's Sec-WebSocket-Key is not 16 bytes in base64."))
    passed = upgrade_headers(headers_for_process(exchange, destination, host))
    target = target_of(exchange, destination)

    def reader(upstream: Upstream) -> Reader:
        return http1.HttpReader(upstream, head_only=False, upgrades=True)

    return Outgoing(
        reader=reader,
        opening=http1.request_head("GET", target, host_for(destination, host), passed, -1),
        streams=False,
        frame=_as_is,
        end=_no_end,
        repeatable=True,
        upgrades=True,
    )


def headers_for_process(exchange: Exchange, destination: Destination, host: bytes) -> Headers:
    """The request headers for a platform process. host: as the client sent it."""
    changes = destination.changes
    passed = http1.passed_headers(
        exchange.headers if changes is None else changes.remove(exchange.headers),
        host=host,
        client=exchange.client,
        scheme="https" if exchange.scope["scheme"] in ("https", "wss") else "http",
        behind_proxy=is_local(exchange.client),
        original_url=_target(exchange) if destination.route.rewritten else None,
    )
    return passed if changes is None else changes.over(passed)


def host_for(destination: Destination, host: bytes) -> bytes:
    """The Host that is sent on: as a rule has set it, of the other server, or the client's own (host)."""
    if destination.changes is not None and destination.changes.host is not None:
        return destination.changes.host
    remote = destination.route.remote
    if remote is None or remote.proxy.preserve_host:
        return host
    return remote.authority.encode("ascii")


def target_of(exchange: Exchange, destination: Destination) -> bytes:
    """The request target for a platform process: as the client sent it, or as the rules made it. For
    another server: what stands behind its name."""
    route = destination.route
    if route.remote is not None:
        remote = route.remote
        target = f"{remote.path}?{remote.query}" if remote.query else remote.path
        return target.encode("latin-1", "replace")
    if route.rewritten:
        return http1.escaped_target(route.path, route.query.encode("latin-1", "replace"))
    return _target(exchange)


def _target(exchange: Exchange) -> bytes:
    raw_path, query = exchange.scope["raw_path"], exchange.scope["query_string"]
    return raw_path + b"?" + query if query else raw_path


def _as_is(data: bytes) -> bytes:
    return data


def _no_end(trailers: Headers) -> bytes:
    """Of a body that has a length."""
    return b""


def _end_of_stdin(trailers: Headers) -> bytes:
    """FastCGI has no room for trailers."""
    return fastcgi.END_OF_BODY
