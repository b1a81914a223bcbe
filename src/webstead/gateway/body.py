"""`wsgi.input` of a body that is still coming: read from the connection as the app reads, in bounded
memory.
"""

from __future__ import annotations

import io

from webstead.formats.fastcgi.records import RemoteProtocolError
from webstead.formats.fastcgi.server import BodyEnd, Chunk
from webstead.gateway.connection import Connection, PeerGone

__all__ = ["BUFFER_BYTES", "open_body"]

BUFFER_BYTES = 65536


class _Body(io.RawIOBase):
    """length: CONTENT_LENGTH, None when the end of the stream is the only end."""

    def __init__(self, connection: Connection, first: bytes, length: int | None) -> None:
        super().__init__()
        self._connection = connection
        self._at_hand = memoryview(first)
        self._left = length
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's name for it cannot be said
        room = len(buffer) if self._left is None else min(len(buffer), self._left)
        if room and not self._at_hand and not self._ended:
            self._more()
        taken = min(room, len(self._at_hand))
        buffer[:taken] = self._at_hand[:taken]
        self._at_hand = self._at_hand[taken:]
        if self._left is not None:
            if room and not taken:
                raise PeerGone(f"the body ended {self._left} bytes before its CONTENT_LENGTH")
            self._left -= taken
        return taken

    def _more(self) -> None:
        try:
            event = self._connection.next_event()
        except RemoteProtocolError as error:
            raise PeerGone(str(error)) from None
        if type(event) is Chunk:
            self._at_hand = memoryview(event.data)
        elif type(event) is BodyEnd:
            self._ended = True
        else:
            raise PeerGone("the server aborted the request")


def open_body(connection: Connection, first: bytes, length: int | None) -> io.BufferedReader:
    """A stream with read, readline, readlines and iteration; PeerGone (an OSError) from it ends the
    request.
    """
    return io.BufferedReader(_Body(connection, first, length), BUFFER_BYTES)
