"""Which port a script means, and which it gets. Decides only; `sockets` does it."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["LOOPBACK", "Redirection"]

LOOPBACK = "127.0.0.1"


class Redirection:
    """A script's own port, made the host's.

    given: the port of the host. address: where to listen; the host asks on this machine only. named: the
    ports that the script's code names for its server; 0 stands for "any free one". first: the code does not
    show the port: it is the first that the script listens on. Other ports are the script's own business and
    stay.
    """

    def __init__(
        self, given: int, named: Iterable[int] = (), *, first: bool = False, address: str = LOOPBACK
    ) -> None:
        self.given = given
        self.address = address
        self._named = set(named)
        self._first = first
        self._taken: set[int] = set()

    def listens(self, port: int) -> bool:
        """Whether to listen on the given port in place of this one."""
        if port == self.given:
            self._first = False
            return True
        if self._first and port:
            self._first = False
            self._named.add(port)
        if port not in self._named:
            return False
        self._taken.add(port)
        return True

    def connects(self, port: int) -> int | None:
        """The port behind one of this machine that the script connects to: it may ask itself whether it
        serves (Gradio does). None: as it is."""
        return self.given if port and port in self._taken else None
