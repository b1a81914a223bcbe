"""Accept connections in an event loop, as many as may be held at once."""

from __future__ import annotations

import socket
from asyncio import AbstractEventLoop, TimerHandle
from typing import Callable

from webstead.gateway.transport.listen import Listener

__all__ = ["AT_ONCE", "SECONDS_PAUSED", "Acceptor"]

AT_ONCE = 16
"""Accepted before the loop does something else; other processes may accept from the same socket, too."""

SECONDS_PAUSED = 1.0
"""How long nothing is accepted when the descriptors have run out, unless a connection closes before."""


class Acceptor:
    """take: called with each accepted socket. room: whether one more may be held."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        listener: Listener,
        take: Callable[[socket.socket], None],
        room: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._take = take
        self._room = room
        self._accepting = False
        self._over = False
        self._pause: TimerHandle | None = None

    def start(self) -> None:
        """Accept, or go on accepting. Does nothing while there is no room."""
        if self._accepting or self._over or not self._room():
            return
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        self._accepting = True
        self._loop.add_reader(self._listener.socket.fileno(), self._accept_some)

    def stop(self) -> None:
        """Accept what waits already, and no more."""
        while self._room() and self._accept():
            pass
        self._rest()
        self._over = True
        if self._pause is not None:
            self._pause.cancel()
        self._listener.close()

    def _accept_some(self) -> None:
        for _ in range(AT_ONCE):
            if not self._room():
                self._rest()
                return
            if not self._accept():
                return

    def _accept(self) -> bool:
        try:
            accepted = self._listener.accept()
        except OSError:  # no descriptors or no memory left
            self._rest()
            self._pause = self._loop.call_later(SECONDS_PAUSED, self.start)
            return False
        if accepted is None:
            return False
        self._take(accepted)
        return True

    def _rest(self) -> None:
        if self._accepting:
            self._accepting = False
            self._loop.remove_reader(self._listener.socket.fileno())
