"""One response in the making: ASGI's messages in, FastCGI records out. Nothing is sent here.

    start() ──▶ body(more) … ──▶ body(no more) ──▶ ended

The header block leaves with the first body message, also with an empty one. A response that comes in one
message is one block of bytes. END_REQUEST follows the last byte of Content-Length directly, when the app says
more will come, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from webstead.formats.fastcgi.server import end_of_response, stdout, whole_response
from webstead.gateway.asgi.head import encode_response
from webstead.gateway.asgi.interface import AppError
from webstead.gateway.wsgi.headers import ResponseHead

__all__ = ["MAX_PIECE", "Response"]

MAX_PIECE = 1 << 20
"""Bytes that are encoded at once: a larger chunk is sent in pieces, so that it is never copied whole."""

_TEXT_HEADERS = ((b"Content-Type", b"text/plain; charset=utf-8"), (b"Cache-Control", b"no-store"))


class Response:
    """status: 0 until the app has given one. started: records have been made. ended: END_REQUEST was among
    them. sent: bytes of body. excess: body bytes beyond Content-Length, which were dropped.
    """

    __slots__ = ("_head", "_left", "_request_id", "_silent", "ended", "excess", "sent", "started", "status")

    def __init__(self, request_id: int, silent: bool) -> None:
        """silent: the request is HEAD, its response has no body."""
        self._request_id = request_id
        self._silent = silent
        self._head: ResponseHead | None = None
        self._left: int | None = None  # bytes of Content-Length still to come; None without one
        self.status = 0
        self.sent = 0
        self.excess = 0
        self.started = False
        self.ended = False

    def start(self, status: int, headers: Iterable[Iterable[bytes]]) -> None:
        """Raises AppError, HeaderError."""
        if self._head is not None:
            raise AppError("http.response.start was sent a second time")
        self._head = encode_response(status, headers)
        self.status = int(status)

    def body(self, data: bytes, more: bool, may_end: bool = True) -> bytes:
        """The records to send for some of the body, perhaps none. may_end: END_REQUEST may come before `more`
        is false. Raises AppError, for a response that came whole before anything has been made of it.
        """
        if self.ended:
            self._drop(data)
            return b""
        block = b"" if self.started else self._opening(len(data), more)
        if self._silent:
            data = b""
        elif self._left is not None:
            if len(data) > self._left:
                self.excess += len(data) - self._left
                data = data[: self._left]
            self._left -= len(data)
            if self._left and not more:
                raise AppError(f"the app's body ended {self._left} bytes before its Content-Length")
        self.started = True
        self.sent += len(data)
        if more and not (may_end and (self._silent or self._left == 0)):
            return stdout(self._request_id, block + data)
        self.ended = True
        if not block and not data:
            return end_of_response(self._request_id)
        return whole_response(self._request_id, block, data)

    def pieces(self, data: bytes, more: bool, may_end: bool = True) -> Iterator[bytes]:
        """body() for a chunk of more than MAX_PIECE bytes: the records of one piece at a time."""
        if not self.started and not self.ended:
            block = self._opening(len(data), more)
            self.started = True
            yield stdout(self._request_id, block)
        view = memoryview(data)
        last = (len(data) - 1) // MAX_PIECE * MAX_PIECE
        for at in range(0, last, MAX_PIECE):
            yield self.body(bytes(view[at : at + MAX_PIECE]), True, may_end)
        yield self.body(bytes(view[last:]), more, may_end)

    def replace(self, status: int, text: str) -> bytes:
        """The whole answer with a text of our own instead; nothing may have been made before."""
        self._head = None
        self.start(status, _TEXT_HEADERS)
        return self.body(text.encode("utf-8", "backslashreplace"), False)

    def _opening(self, size: int, more: bool) -> bytes:
        """The header block with its empty line, and what follows from it for the body."""
        head = self._head
        if head is None:
            raise AppError("http.response.body was sent before http.response.start")
        block = head.block
        if head.bodiless:
            self._silent = True
        elif head.length is not None:
            self._left = head.length
            if not more and not self._silent and size < head.length:
                raise AppError(f"the app gave {size} bytes of body, but Content-Length {head.length}")
        elif not more and (size or not self._silent):
            self._left = size
            block += b"Content-Length: %d\r\n" % size
        return block + b"\r\n"

    def _drop(self, data: bytes) -> None:
        if not self._silent:
            self.excess += len(data)
