"""The body of one request, from its records to the app's `http.request` messages."""

from __future__ import annotations

from webstead.gateway.asgi.interface import Message
from webstead.gateway.engine.spool import MEMORY_BYTES, Spool

__all__ = ["DISCONNECT", "Body", "disconnect"]

DISCONNECT = "http.disconnect"


def disconnect() -> Message:
    return {"type": DISCONNECT}


class Body:
    """length: CONTENT_LENGTH, None when the end of the stream is the only end. received: bytes that came.
    ended: no more will come. given: the app has had the last of it.

    A body that ends before its CONTENT_LENGTH ends as a disconnect does: what is there of it is not what was
    sent.
    """

    __slots__ = ("_left", "_spool", "ended", "given", "received")

    def __init__(self, length: int | None, limit: int = MEMORY_BYTES) -> None:
        """limit: bytes that wait in memory; see `full`."""
        self._left = length
        self._spool = Spool(limit)
        self.received = 0
        self.ended = False
        self.given = False

    @property
    def missing(self) -> int:
        """Bytes of its CONTENT_LENGTH that a body that has ended did not have."""
        return self._left or 0 if self.ended else 0

    @property
    def coming(self) -> bool:
        """Whether something of it has not come: by its CONTENT_LENGTH, or else by the end of the stream."""
        return not self.ended and self._left != 0

    @property
    def waiting(self) -> int:
        return self._spool.size

    def put(self, data: bytes) -> None:
        """Bytes beyond CONTENT_LENGTH are not shown to the app."""
        self.received += len(data)
        if self.ended:
            return
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        self._spool.write(data)

    def take(self) -> Message | None:
        """The next message, or None when there is none yet, or none any more."""
        if self.given:
            return None
        data = self._spool.read()
        more = not self.ended or self._spool.size > 0 or self.missing > 0
        if not data and more:
            return disconnect() if self.missing else None
        self.given = not more
        return {"type": "http.request", "body": data, "more_body": more}

    def fail(self) -> None:
        """The rest of it is lost: to the app the body ends as one that was cut short."""
        self._spool.close()
        self._left = self._left or 1
        self.ended = True

    def close(self) -> None:
        self._spool.close()
