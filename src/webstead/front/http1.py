"""The HTTP/1.1 side of an upstream connection, to a platform process: the request's head, and the
response's reader.

Exactly one of Content-Length and Transfer-Encoding goes out, whatever came in; hop-by-hop headers stay
behind (RFC 9110, 7.6; RFC 9112, 6 and 11.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import httptools

from webstead.front.asgi import Headers
from webstead.front.exchange import SERVER
from webstead.front.headers import HOP_BY_HOP, connection_options, response_headers, trailer_fields
from webstead.front.limits import HEADER_BYTES
from webstead.front.upstream import Head, Incoming, Lost

__all__ = ["HttpReader", "escaped_target", "frame", "passed_headers", "request_head"]

_NOT_PASSED = HOP_BY_HOP | {
    b"content-length",
    b"expect",  # the server has answered it
    b"host",
    b"proxy",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-iis-windowsauthtoken",
    b"x-original-url",
    b"x-rewrite-url",
}
_NOT_PASSED_OF_STRANGERS = _NOT_PASSED | {b"forwarded"}  # it would contradict our X-Forwarded-*
_BODILESS = frozenset({204, 304})
_CODING = b"transfer-encoding"
_CONTINUE = 100
_FINAL = 200
_SWITCHING = 101
_TOO_LONG = f"more than {HEADER_BYTES} bytes of response headers or trailers"


_NO_PARSER = httptools.HttpResponseParser(object())
"""In the place of one that is not needed any more: it would hold who it tells, who holds it."""


def escaped_target(path: str, query: bytes) -> bytes:
    """The request target for a rewritten path, escaped again."""
    escaped = quote(path, safe="/!$&'()*+,;=:@~").encode()
    return escaped + b"?" + query if query else escaped


def passed_headers(
    headers: Mapping[bytes, bytes],
    *,
    host: bytes,
    client: str,
    scheme: str,
    behind_proxy: bool,
    original_url: bytes | None,
) -> Headers:
    """The headers for a process, without Host and those of the body. headers: each name once, lower-case.

    behind_proxy: the client is a proxy on this machine, whose word on scheme and host is passed on.
    """
    options = connection_options(headers.get(b"connection", b""))
    dropped = _NOT_PASSED if behind_proxy else _NOT_PASSED_OF_STRANGERS
    passed = [
        (name, value)
        for name, value in headers.items()
        if name not in dropped and name not in options and b"_" not in name
    ]
    before = headers.get(b"x-forwarded-for")
    told = headers if behind_proxy else {}
    passed += (
        (b"x-forwarded-for", (before + b", " if before else b"") + client.encode()),
        (b"x-forwarded-proto", told.get(b"x-forwarded-proto") or scheme.encode()),
        (b"x-forwarded-host", told.get(b"x-forwarded-host") or host),
    )
    if original_url is not None:
        passed.append((b"x-original-url", original_url))
    return passed


def request_head(method: str, target: bytes, host: bytes, passed: Headers, length: int | None) -> bytes:
    """The head to send. length: None for a body sent in chunks, -1 for none."""
    lines = [b"%b %b HTTP/1.1\r\nhost: %b" % (method.encode(), target, host)]
    lines += [name + b": " + value for name, value in passed]
    if length is None:
        lines.append(b"transfer-encoding: chunked")
    elif length >= 0:
        lines.append(b"content-length: %d" % length)
    return b"\r\n".join(lines) + b"\r\n\r\n"


def frame(data: bytes) -> bytes:
    """Some of a body of unknown length, as one chunk; it must not be empty, as that would close it."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _fault(error: httptools.HttpParserError) -> Lost:
    """What we found ourselves, which the parser has wrapped, or what it found."""
    own = error.__context__
    return own if isinstance(own, Lost) else Lost(f"not an HTTP response: {error}")


class HttpReader:
    """Tells `into` of one response; 1xx responses before it are passed over. Raises Lost for bytes that are
    none.

    httptools knows nothing of the request, so a response to HEAD, which has no body whatever its length
    says, ends here with its head. upgrades: the request asked for another protocol; a 101 is then a head,
    and all behind it is body, as it comes.
    """

    __slots__ = (
        "_beside",
        "_ended",
        "_head_only",
        "_headers",
        "_into",
        "_parser",
        "_started",
        "_switched",
        "_trailers",
        "_upgrades",
    )

    def __init__(self, into: Incoming, head_only: bool, upgrades: bool = False) -> None:
        self._into = into
        self._head_only = head_only
        self._upgrades = upgrades
        self._started = False
        self._switched = False
        self._ended = False
        self._trailers: Headers = []
        self._beside = 0  # bytes since the last of the body: head, sizes of chunks, trailers
        self._headers: Headers = []
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        if self._switched:
            self._into.on_body(data)
            return
        if self._parser is _NO_PARSER:
            self._end(reusable=False)
            return
        self._beside += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            if behind := data[error.args[0] :]:
                self._into.on_body(behind)
        except httptools.HttpParserError as error:
            if not self._ended:
                raise _fault(error) from error
            self._end(reusable=False)  # bytes behind the response: the connection is out of step
        if self._ended:
            self.forget()
        elif self._beside > HEADER_BYTES:
            raise Lost(_TOO_LONG)

    def forget(self) -> None:
        self._ended = True
        self._parser = _NO_PARSER

    def finish(self) -> None:
        if not self._started:
            raise Lost("the app closed the connection before it answered")
        if self._ended:
            return
        if self._delimited():
            raise Lost("the app closed the connection before its response was whole")
        self._end(reusable=False)
        self.forget()

    def _delimited(self) -> bool:
        return any(name.lower() in (b"content-length", _CODING) for name, _ in self._headers)

    def _end(self, reusable: bool) -> None:
        self._ended = True
        self._into.on_end(reusable)

    # What the parser tells

    def on_message_begin(self) -> None:
        if self._ended:  # a second response that nobody asked for
            self._end(reusable=False)

    def on_header(self, name: bytes, value: bytes) -> None:
        (self._trailers if self._started else self._headers).append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status == _SWITCHING and not (self._upgrades and self._parser.should_upgrade()):
            raise Lost("the app switched protocols without being asked")
        if status < _CONTINUE:
            raise Lost(f"the app answered with the status {status}")
        if status < _FINAL and status != _SWITCHING:
            self._headers = []
            if status == _CONTINUE:
                self._into.on_continue()
            return
        self._check()
        self._started = True
        self._switched = status == _SWITCHING
        self._beside = 0
        self._into.on_head(Head(status, response_headers(self._headers, SERVER)))
        if self._head_only or status in _BODILESS:
            self._end(self._parser.should_keep_alive())

    def _check(self) -> None:
        """A head's size, version and framing. What is sent in another coding than chunked would reach the
        client as if it were plain (RFC 9112, 6.1); nobody behind us is told to take it off."""
        if self._beside > HEADER_BYTES and sum(len(n) + len(v) + 4 for n, v in self._headers) > HEADER_BYTES:
            raise Lost(_TOO_LONG)
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise Lost(f"the app speaks HTTP/{version}")
        codings = [value.lower() for name, value in self._headers if name.lower() == _CODING]
        if codings and (codings != [b"chunked"] or version == "1.0"):
            told = b", ".join(codings).decode("latin-1")
            raise Lost(
                f"the response's Transfer-Encoding is {told}, in HTTP/{version}: only chunked is known"
            )

    def on_body(self, data: bytes) -> None:
        self._beside = 0
        if self._ended:  # a body where none may be
            self._end(reusable=False)
        else:
            self._into.on_body(data)

    def on_message_complete(self) -> None:
        if self._started and not self._ended and not self._switched:
            if self._trailers:
                self._into.on_trailers(trailer_fields(self._trailers))
            self._end(self._parser.should_keep_alive())
