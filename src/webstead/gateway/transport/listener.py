"""A listening socket, and which of those who connect to it are let in."""

from __future__ import annotations

import contextlib
import os
import socket

from webstead.gateway.transport.addresses import plain_address

__all__ = ["Listener"]


class Listener:
    """socket: non-blocking, listening. close() also removes the file of a Unix socket that this process
    made.
    """

    def __init__(
        self, listening: socket.socket, path: str = "", allowed: frozenset[str] = frozenset()
    ) -> None:
        """allowed: as allowed_addresses() gives it."""
        self.socket = listening
        self._path = path
        self._allowed = allowed
        self._owner = os.getpid()

    def accept(self) -> socket.socket | None:
        """The next connection, or None when there is none, or it comes from an address that is not
        allowed.
        """
        try:
            connection, address = self.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None
        if self._allowed and isinstance(address, tuple) and plain_address(address[0]) not in self._allowed:
            connection.close()
            return None
        connection.setblocking(False)
        if connection.family != getattr(socket, "AF_UNIX", None):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def close(self) -> None:
        self.socket.close()
        if self._path and os.getpid() == self._owner:
            with contextlib.suppress(OSError):
                os.unlink(self._path)
            self._path = ""
