"""A file, or parts of it, as an answer: read piece by piece, so that its size takes no memory."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from webstead.front.ranges import Part, content_range, multipart
from webstead.front.validators import http_date
from webstead.site.files.conditions import Known

__all__ = ["FileSent", "file_answer", "validators"]

_PIECE = 256 << 10


def validators(known: Known) -> dict[str, str]:
    """The headers by which a client knows this version of a file again."""
    return {"ETag": known.etag, "Last-Modified": http_date(known.mtime_ns // 1_000_000_000).decode()}


@dataclass(frozen=True, slots=True)
class FileSent:
    """What of a file is sent. parts: of a range request; () for all of it."""

    known: Known
    kind: str
    parts: tuple[Part, ...] = ()

    @property
    def pieces(self) -> Sequence[bytes | Part]:
        if len(self.parts) > 1:
            return multipart(self.parts, self.kind.encode(), self.known.size, self._boundary)
        return self.parts or ((Part(0, self.known.size),) if self.known.size else ())

    @property
    def _boundary(self) -> bytes:
        """Of the file's version, so that it is the same in the header and in the body."""
        return b"webstead-" + self.known.etag.strip('"').encode()

    @property
    def headers(self) -> dict[str, str]:
        length = sum(piece.length if isinstance(piece, Part) else len(piece) for piece in self.pieces)
        told = {**validators(self.known), "Accept-Ranges": "bytes", "Content-Length": str(length)}
        if len(self.parts) > 1:
            told["Content-Type"] = f"multipart/byteranges; boundary={self._boundary.decode()}"
        else:
            told["Content-Type"] = self.kind
        if len(self.parts) == 1:
            told["Content-Range"] = content_range(self.parts[0], self.known.size).decode()
        return told


class _FileResponse(StreamingResponse):
    """Closes its file, also when the client goes before the first byte."""

    def __init__(self, descriptor: int, sent: FileSent) -> None:
        super().__init__(_bytes(descriptor, sent.pieces), 206 if sent.parts else 200, sent.headers)
        self._descriptor = descriptor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._descriptor)


def file_answer(descriptor: int, sent: FileSent, *, head: bool) -> Response:
    """descriptor: open, and closed by the answer."""
    if not head:
        return _FileResponse(descriptor, sent)
    os.close(descriptor)
    return Response(status_code=206 if sent.parts else 200, headers=sent.headers)


async def _bytes(descriptor: int, pieces: Sequence[bytes | Part]) -> AsyncIterator[bytes]:
    """Ends early where the file was cut meanwhile: then the connection is closed, and the client knows."""
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        at = piece.first
        while at < piece.end:
            data = await run_in_threadpool(os.pread, descriptor, min(_PIECE, piece.end - at), at)
            if not data:
                return
            at += len(data)
            yield data
