"""One response as bytes: status line, headers, and the body in the framing that the request allows (RFC
9112).

Pure: it says what to write, and whether the connection ends behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from webstead.front.asgi import Headers

__all__ = ["Reply", "Start", "Unsendable", "encoded_head", "last_chunk"]

_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_BODILESS = frozenset({204, 304})
_SWITCHING = 101
_NO_HEADERS: Headers = []
_OURS = frozenset({b"connection", b"transfer-encoding"})
_OF_BODIES = _OURS | {b"content-length"}


class Unsendable(Exception):
    """A response that would not be one: a line end in a header, more or less body than its length."""


def encoded_head(status: int, headers: Headers) -> bytes:
    """Status line and headers, without the empty line. Raises Unsendable."""
    line = _LINES.get(status) or b"HTTP/1.1 %d \r\n" % status
    return _in_lines(
        line + b"".join([name + b": " + value + b"\r\n" for name, value in headers]), len(headers) + 1
    )


def _in_lines(head: bytes, lines: int) -> bytes:
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        raise Unsendable("a header holds a line end")
    return head


class Start(dict[str, object]):
    """The message that begins a response, worked out for many: what it is in bytes is made once. Its headers
    are not changed in place; a filter that changes them makes a message of its own."""

    __slots__ = ("closes", "dated", "encoded", "length", "status")

    def __init__(self, status: int, headers: Headers) -> None:
        super().__init__(type="http.response.start", status=status, headers=headers)
        kept_out = _OF_BODIES if status in _BODILESS else _OURS
        sent = [header for header in headers if header[0] not in kept_out]
        self.status = status
        self.closes = any(name == b"connection" for name, _ in headers)
        self.encoded = encoded_head(status, sent)
        self.length = _length_of(headers)
        self.dated = any(name == b"date" for name, _ in headers)


class Reply:
    """method, version: of the request. closes: the connection ends with this response in any case. started,
    ended: the head, the last of the body was given out."""

    __slots__ = (
        "_bodiless",
        "_chunked",
        "_left",
        "_message",
        "_method",
        "_version",
        "closes",
        "ended",
        "started",
    )

    def __init__(self, method: str, version: str, closes: bool) -> None:
        self._method = method
        self._version = version
        self._message: Mapping[str, object] | None = None
        self._chunked = False
        self._left: int | None = None
        self._bodiless = False
        self.closes = closes
        self.started = False
        self.ended = False

    def start(self, message: Mapping[str, object]) -> None:
        """Keep the head until it is known whether the body is whole."""
        if self._message is not None or self.started:
            raise Unsendable("the response has begun")
        self._message = message

    def body(self, data: bytes, more: bool, date: bytes, trailers: Headers = _NO_HEADERS) -> bytes:
        """The bytes to write for this part of the body, with the head before the first. date: the Date
        line. Raises Unsendable."""
        if self.ended:
            raise Unsendable("the response has ended")
        head = b"" if self.started else self._open(len(data), more or bool(trailers), date)
        self.ended = not more
        if self._bodiless:
            return head
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0 or (self._left and not more):
                raise Unsendable("the body is not as long as its Content-Length says")
        elif self._chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
            data = data if more else data + last_chunk(trailers)
        return head + data if data else head

    def file(self, length: int, date: bytes) -> bytes:
        """The head of a response whose body, of this length, is written by the system. Raises Unsendable."""
        if self.started:
            raise Unsendable("the response has begun")
        head = self._open(length, False, date)
        self.ended = True
        if self._left != length:
            raise Unsendable("the file is not as long as its Content-Length says")
        return head

    def _open(self, size: int, more: bool, date: bytes) -> bytes:
        message = self._message
        if message is None:
            raise Unsendable("the response has no head")
        self.started = True
        if not isinstance(message, Start):
            status = message["status"]
            message = Start(status if isinstance(status, int) else 500, _headers_of(message))
        self.closes = self.closes or message.closes
        encoded = message.encoded if message.dated else message.encoded + date
        if message.status == _SWITCHING:
            self.closes = True
            return encoded + b"connection: upgrade\r\nupgrade: websocket\r\n\r\n"
        return encoded + self._framing(message.status, message.length, size, more) + b"\r\n"

    @property
    def ends_with_connection(self) -> bool:
        """Whether the end of the connection alone tells the client that the body is whole."""
        return self.started and not (self._bodiless or self._chunked) and self._left is None

    def _framing(self, status: int, length: int | None, size: int, more: bool) -> bytes:
        framing = b""
        if status in _BODILESS or self._method == "HEAD":
            self._bodiless = True
        elif length is not None:
            self._left = length
        elif not more:
            self._left = size
            framing = b"content-length: %d\r\n" % size
        elif self._version == "1.1":
            self._chunked = True
            framing = b"transfer-encoding: chunked\r\n"
        else:
            self.closes = True
        if self.closes:
            return framing + b"connection: close\r\n"
        return framing if self._version == "1.1" else framing + b"connection: keep-alive\r\n"


def last_chunk(trailers: Headers) -> bytes:
    """The end of a body in chunks, of a request too. Raises Unsendable."""
    return _in_lines(
        b"0\r\n" + b"".join([b"%b: %b\r\n" % pair for pair in trailers]) + b"\r\n", len(trailers) + 2
    )


def _length_of(headers: Headers) -> int | None:
    for name, value in headers:
        if name == b"content-length":
            return int(value)
    return None


def _headers_of(message: Mapping[str, object]) -> Headers:
    headers = message.get("headers")
    return headers if isinstance(headers, list) else []
