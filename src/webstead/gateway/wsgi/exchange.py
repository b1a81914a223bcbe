"""One request's way to its response: start_response, write, and the app's result, sent as FastCGI records
(PEP 3333).
"""

from __future__ import annotations

from types import TracebackType
from typing import Callable, Union

from webstead.formats.fastcgi.records import MAX_CONTENT_ALIGNED
from webstead.formats.fastcgi.server import end_of_response, stderr, stdout, stdout_header, whole_response
from webstead.gateway.engine.connection import Connection, PeerGone
from webstead.gateway.wsgi.environ import FileWrapper
from webstead.gateway.wsgi.headers import ResponseHead, encode_head

__all__ = ["MAX_PIECE", "TEXT_HEADERS", "AppError", "ExcInfo", "Exchange"]

ExcInfo = Union[tuple[type[BaseException], BaseException, TracebackType], tuple[None, None, None]]

MAX_PIECE = 1 << 20
"""Bytes that are encoded at once: a larger chunk is sent in pieces, so that it is never copied whole."""


TEXT_HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
"""Of an answer that is our own."""


class AppError(Exception):
    """The app broke the rules of PEP 3333."""


class Exchange:
    """The response in the making. All that sends raises PeerGone.

    started: bytes have been sent. ended: END_REQUEST has. sent: bytes of body. excess: body bytes beyond
    Content-Length, which were dropped. The response ends with the last byte of its Content-Length, in the
    same send, also when the app's iterator goes on.
    """

    __slots__ = (
        "_connection",
        "_head",
        "_left",
        "_request_id",
        "_silent",
        "ended",
        "excess",
        "sent",
        "started",
    )

    def __init__(self, connection: Connection, request_id: int, silent: bool) -> None:
        """silent: the request is HEAD, its response has no body."""
        self._connection = connection
        self._request_id = request_id
        self._head: ResponseHead | None = None
        self._left: int | None = None  # bytes of Content-Length still to send; None without one
        self._silent = silent
        self.started = False
        self.ended = False
        self.sent = 0
        self.excess = 0

    @property
    def status(self) -> int:
        """The HTTP status that was sent; 0 before."""
        return self._head.status if self.started and self._head is not None else 0

    @property
    def remark(self) -> str:
        """What the app should not have done with its headers, and nobody suffers from; mostly ""."""
        return self._head.remark if self._head is not None else ""

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], None]:
        if exc_info:
            try:
                if self.started and exc_info[1] is not None:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # or its traceback keeps this frame alive, and this frame the traceback
        elif self._head is not None:
            raise AppError("start_response was called a second time without exc_info")
        self._head = encode_head(status, headers)
        return self.write

    def write(self, data: bytes) -> None:
        """Send a chunk at once; with the first one that is not empty go the headers."""
        head = self._checked(data)
        if self.ended:
            self._drop(data)
        elif self.started:
            if data and not self._silent:
                self._send(b"", data)
        elif data:
            self._left = head.length
            self._start(head.block + b"\r\n", data if not head.bodiless else b"", head.bodiless)

    def whole(self, body: bytes) -> None:
        """The whole body of the response, at once: it gets a Content-Length when the app gave none."""
        head = self._checked(body)
        size = len(body)
        if (head.length is None or head.length == size) and self._is_plain(head, size):
            block = head.block + (b"\r\n" if head.length == size else b"Content-Length: %d\r\n\r\n" % size)
            self.started = True
            self.sent = size
            self._end(whole_response(self._request_id, block, body))
            return
        if self.started or head.length is not None:
            self.write(body)
            self.finish()
            return
        block = head.block
        if not head.bodiless and (body or not self._silent):
            block += b"Content-Length: %d\r\n" % len(body)
        self._left = 0 if head.bodiless else len(body)
        self._start(block + b"\r\n", body if not head.bodiless else b"", head.bodiless)
        self.finish()

    def _is_plain(self, head: ResponseHead, size: int) -> bool:
        """Whether one send can carry all of it, as nearly always."""
        return not (
            self.started
            or self._silent
            or head.bodiless
            or size > MAX_PIECE
            or self._connection.codec.body_open(self._request_id)
        )

    def finish(self) -> None:
        """The app has no more to give. Raises AppError when that is less than its Content-Length."""
        if self.ended:
            return
        if not self.started:
            head = self._checked(b"")
            if head.length and not self._silent and not head.bodiless:
                raise AppError(f"the app gave no body, but Content-Length {head.length}")
            self._left = 0
            self._start(head.block + b"\r\n", b"", head.bodiless)
        elif self._left and not self._silent:
            raise AppError(f"the app's body ended {self._left} bytes before its Content-Length")
        if not self.ended:
            self._end(end_of_response(self._request_id))

    def file(self, wrapper: FileWrapper) -> None:
        """The body is what is left of a file: it gets a Content-Length when the app gave none, and goes from
        the file to the socket without passing through here, where the system can do that.
        """
        span = wrapper.span()
        head = self._checked(b"")
        if span is None or self.started:
            for chunk in wrapper:
                self.write(chunk)
            self.finish()
            return
        size = span.size if head.length is None else min(head.length, span.size)
        line = b"Content-Length: %d\r\n\r\n" % size if head.length is None else b"\r\n"
        if self._silent or head.bodiless:  # nothing of the file is read
            self._start(head.block + (b"\r\n" if head.bodiless else line), b"", head.bodiless)
            self.finish()
            return
        self.excess = span.size - size
        self._left = size if head.length is None else head.length
        self.started = True
        self._connection.send(stdout(self._request_id, head.block + line))
        for at in range(0, size, MAX_CONTENT_ALIGNED):
            count = min(MAX_CONTENT_ALIGNED, size - at)
            header = stdout_header(self._request_id, count)
            self._connection.send_file(header, span.file, span.offset + at, count)
        self.sent = size
        self._left -= size
        self.finish()

    def replace(self, status: str, text: str, errors: str = "") -> None:
        """Answer with a text of our own; nothing must have been sent. errors: for the server's log."""
        if errors:
            self._connection.send(stderr(self._request_id, errors.encode("utf-8", "backslashreplace")))
        body = text.encode("utf-8", "backslashreplace")
        self._head = None
        self.start_response(status, TEXT_HEADERS.copy())
        self.whole(body)

    def _end(self, data: bytes) -> None:
        """Whatever becomes of it, there is nothing to end any more."""
        self.ended = True
        try:
            self._connection.send_last(self._request_id, data)
        except PeerGone:
            self._connection.closed = True
            raise

    def close(self) -> None:
        """The request is over, however it ended: what the app still writes would be in another one's
        response."""
        self.ended = True
        self._left = None

    def _drop(self, data: bytes) -> None:
        """An iterator may go on behind its Content-Length; `write` of a thread that was left running, not."""
        if self._left is None:
            raise AppError("write() was called after the end of the response")
        if not self._silent:
            self.excess += len(data)

    def _checked(self, data: bytes) -> ResponseHead:
        if not isinstance(data, bytes):
            raise AppError(f"the app gave {type(data).__name__} where bytes are needed: {data!r:.80}")
        if self._head is None:
            raise AppError("the app did not call start_response before its body")
        return self._head

    def _start(self, block: bytes, data: bytes, bodiless: bool) -> None:
        self.started = True
        if self._silent or bodiless:
            self._silent = True
            self._left = 0
            data = b""
        self._send(block, data)

    def _send(self, block: bytes, data: bytes) -> None:
        if self._left is not None:
            if len(data) > self._left:
                self.excess += len(data) - self._left
                data = data[: self._left]
            self._left -= len(data)
            if not (block or data):
                return
        self.sent += len(data)
        if len(data) > MAX_PIECE:
            data = self._send_pieces(block, data)
            block = b""
        # While the server is still sending the request's body, END_REQUEST would make the rest of it
        # unreadable.
        if self._left == 0 and not self._connection.codec.body_open(self._request_id):
            self._end(whole_response(self._request_id, block, data))
        else:
            self._connection.look(self._request_id)
            self._connection.send(stdout(self._request_id, block + data))

    def _send_pieces(self, block: bytes, data: bytes) -> bytes:
        """Send all of data but its last piece, which is returned."""
        view = memoryview(data)
        last = (len(data) - 1) // MAX_PIECE * MAX_PIECE
        self._connection.send(stdout(self._request_id, block))
        for at in range(0, last, MAX_PIECE):
            self._connection.send(stdout(self._request_id, view[at : at + MAX_PIECE]))
        return data[last:]
