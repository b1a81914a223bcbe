"""`wsgi.input` of a body that is still coming, and `wsgi.data` of a filter: read from the connection as the
app reads, in bounded memory.
"""

from __future__ import annotations

import io
from functools import partial
from typing import Callable

from webstead.formats.fastcgi.records import RemoteProtocolError
from webstead.formats.fastcgi.server import BodyEnd, Chunk, DataChunk, DataEnd, ServerEvent
from webstead.gateway.engine.connection import PeerGone
from webstead.gateway.engine.reading import Reading
from webstead.gateway.engine.spool import Spool

__all__ = ["BUFFER_BYTES", "KEPT_BYTES", "open_body", "open_filter"]

BUFFER_BYTES = 65536

KEPT_BYTES = 1 << 20
"""Of a filter's body that its app passes over: kept in memory up to here, and behind it on disk."""


class _Body(io.RawIOBase):
    """more: the next bytes, b"" at the end of the stream. length: the declared one; None when the end of the
    stream is the only end."""

    def __init__(self, more: Callable[[], bytes], first: bytes, length: int | None) -> None:
        super().__init__()
        self._more = more
        self._at_hand = memoryview(first)
        self._left = length
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's name for it cannot be said
        room = len(buffer) if self._left is None else min(len(buffer), self._left)
        if room and not self._at_hand and not self._ended:
            self._at_hand = memoryview(self._more())
            self._ended = not self._at_hand
        taken = min(room, len(self._at_hand))
        buffer[:taken] = self._at_hand[:taken]
        self._at_hand = self._at_hand[taken:]
        if self._left is not None:
            if room and not taken:
                raise PeerGone(f"the body ended {self._left} bytes before its declared length")
            self._left -= taken
        return taken


def open_body(reading: Reading, first: bytes, length: int | None) -> io.BufferedReader:
    """A stream with read, readline, readlines and iteration; PeerGone (an OSError) from it ends the
    request, and ValueError says, as of any closed file, that the request is over.
    """
    return io.BufferedReader(_Body(partial(_stdin, reading), first, length), BUFFER_BYTES)


def open_filter(reading: Reading, length: int | None) -> tuple[io.BufferedReader, io.BufferedReader]:
    """The body and the data of a request in the role of filter (specification, section 6.4), to be read in
    any order. length: of the body; the end of the data is the end of its stream.
    """
    streams = _FilterStreams(reading)
    body = _Body(streams.body, b"", length)
    return io.BufferedReader(body, BUFFER_BYTES), io.BufferedReader(
        _Body(streams.data, b"", None), BUFFER_BYTES
    )


class _FilterStreams:
    """DATA comes behind STDIN: who reads it first lets STDIN be kept."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._kept = Spool(KEPT_BYTES)
        self._body_ended = False
        self._data_ended = False

    def body(self) -> bytes:
        return self._kept.read(BUFFER_BYTES) or self._next_of_body()

    def data(self) -> bytes:
        while not self._body_ended:
            self._kept.write(self._next_of_body())
        if self._data_ended:
            return b""
        event = _event(self._reading)
        if type(event) is DataChunk:
            return event.data
        self._data_ended = type(event) is DataEnd
        return b"" if self._data_ended else _aborted()

    def _next_of_body(self) -> bytes:
        if self._body_ended:
            return b""
        data = _stdin(self._reading)
        self._body_ended = not data
        return data


def _stdin(reading: Reading) -> bytes:
    event = _event(reading)
    if type(event) is Chunk:
        return event.data
    return b"" if type(event) is BodyEnd else _aborted()


def _event(reading: Reading) -> ServerEvent:
    try:
        return reading.next_event()
    except RemoteProtocolError as error:
        raise PeerGone(str(error)) from None


def _aborted() -> bytes:
    raise PeerGone("the server aborted the request")
