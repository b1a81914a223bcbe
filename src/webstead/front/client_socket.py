"""The socket of a client whose connection the server has upgraded: a descriptor of our own for it.

The server gives messages, not its socket, and a WebSocket's message costs it two changes of thread and a
frame taken apart: measured, more than the process behind us spends on it. With the socket, the bytes pass as
they are. The server reads nothing from an upgraded connection unless it is asked for a message, and holds
it open until the application returns: so its descriptor is in use as long as we look for it.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Iterable
from itertools import chain

from webstead.front.asgi import Scope

__all__ = ["client_socket"]

_FIRST = 3  # behind standard input, output and error
_LAST = 1 << 17
_AT_ONCE = 512
"""Descriptors looked at before others have their turn: half a millisecond."""
_MAPPED = "::ffff:"


async def client_socket(scope: Scope) -> socket.socket | None:
    """The caller's own descriptor of the connection that this request came on; None where there is no such
    TCP connection. Reads and writes nothing."""
    client, server = scope["client"], scope["server"]
    if client is None or server is None or not client[1]:
        return None
    peer, port = (_plain(client[0]), int(client[1])), int(server[1])
    for count, fd in enumerate(_likely_first()):
        if count % _AT_ONCE == _AT_ONCE - 1:
            await asyncio.sleep(0)
        found = _found(fd, peer, port)
        if found is not None:
            return found
    return None


def _likely_first() -> Iterable[int]:
    """A new connection gets the lowest descriptor that is free, and most upgrades are the first request of a
    new connection: it stands just below the one that is the lowest now."""
    free = os.dup(0)
    os.close(free)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    last = _LAST if soft == resource.RLIM_INFINITY else min(soft, _LAST)
    return chain(range(free - 1, _FIRST - 1, -1), range(free + 1, last))


def _found(fd: int, peer: tuple[str, int], port: int) -> socket.socket | None:
    try:
        looked_at = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fd)
    except OSError:
        return None
    try:
        name = looked_at.getpeername()
        if not isinstance(name, tuple) or (_plain(name[0]), name[1]) != peer:
            return None
        if looked_at.getsockname()[1] != port:
            return None
        return socket.socket(fileno=os.dup(fd))
    except OSError:
        return None
    finally:
        looked_at.detach()  # it is the server's


def _plain(address: str) -> str:
    """An IPv4 address as itself, also where an IPv6 socket took it."""
    return address.removeprefix(_MAPPED) if "." in address else address
