"""The sockets of the process: where one is bound to the script's port, it is bound to the host's."""

from __future__ import annotations

import errno
import socket
from typing import Any, Callable

from webstead.portbind.redirection import Redirection

__all__ = ["redirect_class", "redirect_sockets"]

_LOOPBACK_6 = "::1"
_ANY, _ANY_6 = "0.0.0.0", "::"  # noqa: S104  where the start of an output is told to
_THIS_MACHINE = frozenset({"", "0.0.0.0", "127.0.0.1", "localhost", "::", "::1"})  # noqa: S104  asked, not bound
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})

Address = Any
"""As `socket.bind` takes it: of any family, so of any shape."""


def redirect_sockets(redirection: Redirection) -> None:
    """For the rest of the process. asyncio, socketserver and tornado make their servers of these sockets."""
    redirect_class(socket.socket, redirection)


def redirect_class(sockets: type[Any], redirection: Redirection) -> None:
    """For one class of sockets: gevent has its own."""
    bind = sockets.bind

    def bound(self: socket.socket, address: Address) -> None:
        if not _is_stream(self, address) or not redirection.listens(address[1]):
            bind(self, address)
        elif self.family == socket.AF_INET:
            bind(self, (_ANY if redirection.address == _ANY_6 else redirection.address, redirection.given))
        else:
            _bind_6(self, bind, address, redirection)

    sockets.bind = bound
    sockets.connect = _connecting(sockets.connect, redirection)
    sockets.connect_ex = _connecting(sockets.connect_ex, redirection)


def _bind_6(
    sock: socket.socket,
    bind: Callable[[socket.socket, Address], None],
    address: Address,
    redirection: Redirection,
) -> None:
    """A socket for both families must answer on the IPv4 address, where the host asks."""
    both = not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    try:
        bind(sock, (_as_6(redirection.address, both=both), redirection.given))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        bind(sock, (address[0], redirection.given))  # IPv6 is switched off: nobody can come this way


def _as_6(address: str, *, both: bool) -> str:
    if address in (_ANY, _ANY_6):
        return _ANY_6
    if ":" in address:
        return address
    return f"::ffff:{address}" if both else _LOOPBACK_6


def _connecting(connect: Callable[..., Any], redirection: Redirection) -> Callable[..., Any]:
    def connected(self: socket.socket, address: Address) -> Any:
        if _is_stream(self, address) and address[0] in _THIS_MACHINE:
            port = redirection.connects(address[1])
            address = address if port is None else (address[0], port, *address[2:])
        return connect(self, address)

    return connected


def _is_stream(sock: socket.socket, address: Address) -> bool:
    shaped = isinstance(address, tuple) and len(address) > 1 and isinstance(address[1], int)
    return shaped and sock.family in _INTERNET and sock.type == socket.SOCK_STREAM
