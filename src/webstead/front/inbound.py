"""The bytes of one client, read as HTTP/1.1 requests (RFC 9112). Pure: bytes in, requests out.

A request is handed on when its head has come; its body then comes into it part by part. What could be read in
two ways is refused, since who reads it behind us may read it in the other: bare line feeds, folded lines, a
name with a space behind it, two lengths, a length beside chunks. The parsers that are to be had know a list
of methods, and no target with bytes beyond ASCII; apps and IIS take both.

           ┌────────── next request ◀─────────┐
    head ──┴▶ no body ────────────────────────┤
           ├▶ length: n bytes ────────────────┤
           ├▶ chunked: size ▶ data ▶ size … ▶ trailers
           └▶ WebSocket: all that follows is the other protocol's
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from enum import Enum

from webstead.front.asgi import Headers
from webstead.front.headers import LENGTH_DIGITS, connection_options
from webstead.front.limits import HEADER_BYTES, HEADERS, PARTS_AHEAD, READ_AHEAD

__all__ = ["Inbound", "Malformed", "RequestParser"]

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP/([0-9])\.([0-9])")
_FIELDS = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
_BEGINNING = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]")
_LONGEST_CHUNK_LINE = 4096
_SAID_KEPT = 4096
"""A head up to this is kept with its connection: browsers send one to two kilobytes."""
_END_OF_HEAD = b"\r\n\r\n"


class Malformed(Exception):
    """The client's bytes are no request that is answered. status: what it is told; the connection ends."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class Inbound:
    """A request. raw_path, query: as sent. headers: lower-case names, in the order sent. body: the parts that
    have come and were not taken, together `held` bytes. complete: the body has come to its end. closes: the
    client wants, or cannot have, another request on this connection. expects: it waits for 100 Continue.
    websocket: it asks for one; what follows the head is not HTTP any more."""

    __slots__ = (
        "body",
        "closes",
        "complete",
        "expects",
        "headers",
        "held",
        "method",
        "query",
        "raw_path",
        "trailers",
        "version",
        "websocket",
    )

    def __init__(self, method: str, raw_path: bytes, query: bytes, version: str, headers: Headers) -> None:
        self.method = method
        self.raw_path = raw_path
        self.query = query
        self.version = version
        self.headers = headers
        self.body: list[bytes] = []
        self.held = 0
        self.complete = False
        self.closes = version == "1.0"
        self.expects = False
        self.websocket = False
        self.trailers: Headers = []

    def again(self) -> Inbound:
        """The same request once more, with nothing of its body."""
        copy = Inbound(self.method, self.raw_path, self.query, self.version, self.headers)
        copy.closes, copy.expects, copy.websocket = self.closes, self.expects, self.websocket
        return copy

    def add(self, data: bytes) -> None:
        self.body.append(data)
        self.held += len(data)

    @property
    def is_ahead(self) -> bool:
        """Whether enough has come for now."""
        return self.held > READ_AHEAD or len(self.body) > PARTS_AHEAD

    def take(self) -> bytes:
        """What has come of the body, maybe nothing."""
        parts = self.body
        if not parts:
            return b""
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self.held = 0
        return data


class _State(Enum):
    HEAD = 0
    LENGTH = 1
    CHUNK_LINE = 2
    CHUNK_DATA = 3
    CHUNK_END = 4
    TRAILERS = 5
    RAW = 6


class RequestParser:
    """begun: told of each request when its head has come."""

    __slots__ = (
        "_asked",
        "_at",
        "_begun",
        "_buffer",
        "_inbound",
        "_left",
        "_said",
        "_seen",
        "_state",
        "_trailers",
    )

    def __init__(self, begun: Callable[[Inbound], None]) -> None:
        self._begun = begun
        self._buffer = b""
        self._at = 0  # what is before is done with
        self._state = _State.HEAD
        self._inbound: Inbound | None = None
        self._seen = 0  # bytes of the buffer in which no bare line end was found
        self._left = 0  # bytes of the body, or of the chunk, that have not come
        self._trailers = 0
        self._said = b""
        self._asked: Inbound | None = None

    @property
    def in_head(self) -> bool:
        """A head has begun and is not whole."""
        return self._state is _State.HEAD and self._buffer != b""

    @property
    def plain(self) -> int:
        """How many bytes there are to come that are taken as they are."""
        if self._state is _State.RAW:
            return sys.maxsize
        return self._left if self._state in (_State.LENGTH, _State.CHUNK_DATA) else 0

    def feed(self, data: bytes) -> None:
        """Raises Malformed; nothing may be fed after that."""
        self._seen = len(self._buffer)
        self._buffer = self._buffer + data if self._buffer else data
        self._at = 0
        while self._at < len(self._buffer) and _STEPS[self._state](self):
            pass
        self._buffer = self._buffer[self._at :]

    def _find_bare(self, end: int) -> bool:
        """Whether there is a bare line end before `end`, where none was in what came before. To look at
        all of it again for each byte that comes would be 64 KiB of work a byte."""
        return _BARE.search(self._buffer, max(self._at, self._seen - 1), end) is not None

    def _line_end(self) -> tuple[int, bool]:
        """Where the line that begins here ends, and whether its end has come."""
        end = self._buffer.find(b"\r\n", max(self._at, self._seen - 1))
        return (len(self._buffer), False) if end < 0 else (end, True)

    def forget(self) -> None:
        """Nothing more is fed: let go of whoever is told, who holds this in turn."""
        self._begun = _to_nobody
        self._asked = self._inbound = None

    def _head(self) -> bool:
        buffer, at = self._buffer, self._at
        if buffer.startswith(b"\r\n", at):  # an empty line before a request is passed over (RFC 9112, 2.2)
            self._at = at + 2
            return True
        end = buffer.find(_END_OF_HEAD, max(at, self._seen - len(_END_OF_HEAD)))
        if end < 0 or end - at > HEADER_BYTES:
            self._check_beginning()
            return False
        self._at = end + 4
        inbound = self._read(buffer[at : end + 2])
        self._inbound = inbound
        self._begin_body(inbound)
        self._begun(inbound)
        return True

    def _read(self, head: bytes) -> Inbound:
        """Clients that ask again mostly send the same head again."""
        if head == self._said and self._asked is not None:
            return self._asked.again()
        inbound = read_head(head)
        if len(head) <= _SAID_KEPT:
            self._said, self._asked = head, inbound
        return inbound

    def _check_beginning(self) -> None:
        """A head that is not whole yet. Raises Malformed when it cannot become one; the same one however the
        bytes were cut."""
        buffer, at = self._buffer, self._at
        longest = at + HEADER_BYTES + len(_END_OF_HEAD)
        if not _BEGINNING.match(buffer, at) and buffer[at:] != b"\r":
            raise Malformed(400, "this is not HTTP")
        if self._find_bare(longest):
            raise Malformed(400, "a bare line end")
        if len(buffer) >= longest:
            raise Malformed(431, f"the head is longer than {HEADER_BYTES} bytes")

    def _begin_body(self, inbound: Inbound) -> None:
        """What follows the head. Raises Malformed."""
        length: bytes | None = None
        coding: bytes | None = None
        for name, value in inbound.headers:
            if name == b"content-length":
                if length not in (None, value):
                    raise Malformed(400, "two different Content-Length headers")
                length = value
            elif name == b"transfer-encoding":
                coding = value if coding is None else coding + b", " + value
        if inbound.websocket:
            self._state = _State.RAW
        elif coding is not None:
            self._begin_chunks(inbound, coding, length)
        elif length is None or length == b"0":
            self._end()
        elif length.isdigit() and len(length) <= LENGTH_DIGITS:
            self._state, self._left = _State.LENGTH, int(length)
            if not self._left:
                self._end()
        else:
            raise Malformed(400, "the Content-Length is no number")

    def _begin_chunks(self, inbound: Inbound, coding: bytes, length: bytes | None) -> None:
        if inbound.version == "1.0" or length is not None:
            raise Malformed(400, "Transfer-Encoding beside a Content-Length, or in HTTP/1.0")
        if coding.lower() != b"chunked":
            raise Malformed(501, "the only Transfer-Encoding is chunked")
        self._state = _State.CHUNK_LINE

    def _length(self) -> bool:
        inbound = self._inbound
        if inbound is None:
            return False
        part = self._buffer[self._at : self._at + self._left]
        self._at += len(part)
        inbound.add(part)
        self._left -= len(part)
        if self._left:
            return False
        if self._state is _State.LENGTH:
            self._end()
        else:
            self._state = _State.CHUNK_END
        return True

    def _chunk_line(self) -> bool:
        end, found = self._line_end()
        size = end - self._at
        if size > _LONGEST_CHUNK_LINE + (not found) or (not found and self._find_bare(end)):
            raise Malformed(400, "a chunk has no size")
        if not found:  # of the line's end, the half may have come
            return False
        size_line = _CHUNK.fullmatch(self._buffer, self._at, end)
        if size_line is None:
            raise Malformed(400, "a chunk's size is no number")
        self._at = end + 2
        self._left = int(size_line[1], 16)
        self._trailers = 0
        self._state = _State.CHUNK_DATA if self._left else _State.TRAILERS
        return True

    def _chunk_end(self) -> bool:
        buffer, at = self._buffer, self._at
        if at == len(buffer) - 1 and buffer.endswith(b"\r"):
            return False
        if not buffer.startswith(b"\r\n", at):
            raise Malformed(400, "a chunk is longer than its size")
        self._at = at + 2
        self._state = _State.CHUNK_LINE
        return True

    def _trailer(self) -> bool:
        """A line behind the last chunk."""
        end, found = self._line_end()
        size = end - self._at
        if self._find_bare(self._at + min(size, HEADER_BYTES) + 1):
            raise Malformed(400, "a trailer holds a bare line end")
        self._trailers += size + 2 if found else 0
        if self._trailers > HEADER_BYTES or size > HEADER_BYTES:
            raise Malformed(431, f"more than {HEADER_BYTES} bytes of trailers")
        if not found:
            return False
        if size and not _FIELDS.fullmatch(self._buffer, self._at, end + 2):
            raise Malformed(400, "a trailer is no header")
        self._keep_trailer(self._buffer[self._at : end])
        self._at = end + 2
        if not size:
            self._end()
        return True

    def _keep_trailer(self, line: bytes) -> None:
        if line and self._inbound is not None:
            if len(self._inbound.trailers) >= HEADERS:
                raise Malformed(431, f"more than {HEADERS} trailers")
            name, _, value = line.partition(b":")
            self._inbound.trailers.append((name.lower(), value.strip(b" \t")))

    def _raw(self) -> bool:
        if self._inbound is not None:
            self._inbound.add(self._buffer[self._at :])
        self._at = len(self._buffer)
        return False

    def _end(self) -> None:
        if self._inbound is not None:
            self._inbound.complete = True
        self._inbound = None
        self._state = _State.HEAD


_STEPS: dict[_State, Callable[[RequestParser], bool]] = {
    _State.HEAD: RequestParser._head,
    _State.LENGTH: RequestParser._length,
    _State.CHUNK_LINE: RequestParser._chunk_line,
    _State.CHUNK_DATA: RequestParser._length,
    _State.CHUNK_END: RequestParser._chunk_end,
    _State.TRAILERS: RequestParser._trailer,
    _State.RAW: RequestParser._raw,
}
"""What is done with the bytes there are, in each state: whether it went on to another."""


def _to_nobody(inbound: Inbound) -> None:
    """Of a connection that is over."""


def read_head(head: bytes) -> Inbound:
    """head: request line and headers, each with its line end. Raises Malformed."""
    first, _, fields = head.partition(b"\r\n")
    line = _LINE.fullmatch(first)
    if line is None or not _FIELDS.fullmatch(fields):
        raise Malformed(400, "the head is malformed")
    method, target, major, minor = line.groups()
    if major != b"1":
        raise Malformed(505, "HTTP/1 alone is spoken here")
    headers: Headers = []
    for field in fields.split(b"\r\n")[:-1]:
        name, _, value = field.partition(b":")
        headers.append((name.lower(), value.strip(b" \t")))
    if len(headers) > HEADERS:
        raise Malformed(431, f"more than {HEADERS} headers")
    target = target.partition(b"#")[0]  # a fragment is the client's own (RFC 3986, 3.5)
    if target[:1] != b"/" or method == b"CONNECT":
        target = _origin_form(method, target, headers)
    raw_path, _, query = target.partition(b"?")
    inbound = Inbound(method.decode("ascii"), raw_path, query, "1.0" if minor == b"0" else "1.1", headers)
    _read_connection(inbound)
    return inbound


def _read_connection(inbound: Inbound) -> None:
    """What the headers say of the connection itself; of several Connection headers, what all say together."""
    options = b""
    for name, value in inbound.headers:
        if name == b"connection":
            options += b"," + value.lower()
        elif name == b"expect":
            inbound.expects = inbound.version == "1.1" and value.lower() == b"100-continue"
    if options:
        inbound.closes = b"close" in options or (inbound.closes and b"keep-alive" not in options)
        if b"upgrade" in options:
            _read_upgrade(inbound, options)


def _read_upgrade(inbound: Inbound, options: bytes) -> None:
    """A WebSocket (RFC 6455, 4.2.1). Of other protocols none is spoken: such a request is one like any other
    (RFC 9110, 7.8)."""
    named = dict(inbound.headers)
    asks = named.get(b"upgrade", b"").lower() == b"websocket" and b"sec-websocket-key" in named
    bodiless = named.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in named
    inbound.websocket = (
        asks
        and bodiless
        and named.get(b"sec-websocket-version") == b"13"
        and inbound.method == "GET"
        and inbound.version == "1.1"
        and b"upgrade" in connection_options(options)
    )


def _origin_form(method: bytes, target: bytes, headers: Headers) -> bytes:
    """The path and query of `*` or `http://host/path` (RFC 9112, 3.2); the host named there takes the place
    of the Host header."""
    if target == b"*" and method == b"OPTIONS":
        return target
    if method == b"CONNECT":
        raise Malformed(405, "this server is no proxy for CONNECT")
    scheme, separator, rest = target.partition(b"://")
    if not separator or scheme.lower() not in (b"http", b"https"):
        raise Malformed(400, "the request target is neither a path nor a URL")
    host = re.split(rb"[/?]", rest, maxsplit=1)[0]
    path = rest[len(host) :]
    headers[:] = [pair for pair in headers if pair[0] != b"host"] + [(b"host", host)]
    return path if path[:1] == b"/" else b"/" + path
