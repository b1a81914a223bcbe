"""A body that is still coming: whatever thread of the app reads it, it ends with its request.

An app may leave a thread behind that waits in `wsgi.input.read()`. What comes on a kept connection behind the
END_REQUEST is of the next request, and for that one's thread alone. So nothing is taken from the connection
without asking first whether the request is over, and both happen under one lock.
"""

from __future__ import annotations

from threading import Condition
from typing import TYPE_CHECKING

from webstead.formats.fastcgi.server import Aborted, Reply, ServerEvent

if TYPE_CHECKING:
    from webstead.gateway.engine.connection import Connection

__all__ = ["Reading"]


class Reading:
    """Of one request."""

    __slots__ = ("_changed", "_connection", "_over", "_waiting")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = Condition()
        self._waiting = 0  # threads
        self._over = False

    def next_event(self) -> ServerEvent:
        """The next event of the request, waiting for it. Raises PeerGone, RemoteProtocolError, and what
        check() raises, also in the middle of waiting.
        """
        while True:
            event = self._at_hand()
            if event is None:
                self._receive()
            elif type(event) is Reply:
                self._connection.send(event.data)
            else:
                return event

    def check(self) -> None:
        """Raises ValueError when the request is over: to its app the body is a closed file then."""
        if self._over:
            raise ValueError("the request is over, and its body closed")

    def finish(self) -> None:
        """The request is over: before its END_REQUEST is sent, since the next one may follow at once."""
        with self._changed:
            self._over = True

    def left(self, seconds: float) -> bool:
        """Whether no thread is in await_more(), after so many seconds at most."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, seconds)

    def _at_hand(self) -> ServerEvent | None:
        connection = self._connection
        with self._changed:
            self.check()
            if not connection.later:
                self._waiting += 1
                return None
            event = connection.later.popleft()
            connection.aborted = connection.aborted or type(event) is Aborted
            return event

    def _receive(self) -> None:
        try:
            self._connection.await_more(self)
        finally:
            with self._changed:
                self._waiting -= 1
                self._changed.notify_all()
        with self._changed:
            self.check()
            self._connection.take_in()
