"""What the gateway was given as an open file descriptor: a listening socket (spawn-fcgi, Apache, systemd),
one connected socket (as IIS gives a pipe; inetd, systemd's Accept=yes), or on Windows a pipe.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Mapping, MutableMapping
from typing import Union

from webstead.gateway.failure import BAD_BIND, StartFailure
from webstead.gateway.hiding import unhidden
from webstead.gateway.transport.addresses import (
    ADDRESSES_VARIABLE,
    allowed_addresses,
    is_loopback,
    plain_address,
)
from webstead.gateway.transport.channel import Channel, ChannelListener, SocketChannel, describe
from webstead.gateway.transport.listener import Listener

__all__ = ["LISTEN_VARIABLES", "Transport", "open_inherited"]

Transport = Union[Listener, Channel, ChannelListener]

LISTEN_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
"""systemd's socket activation, sd_listen_fds(3): descriptors from 3 on, for the process LISTEN_PID."""

FIRST_LISTEN_FD = 3

_FIX = "Start the gateway from a FastCGI server, or give it --bind unix:PATH."


def open_inherited(number: str, environ: MutableMapping[str, str], allow_public: bool) -> Transport:
    """What descriptor `number` is. Its place is taken by something harmless when it is a standard stream.
    Raises StartFailure, OSError.
    """
    activation = {name: environ.pop(name) for name in LISTEN_VARIABLES if name in environ}
    if not number.isascii() or not number.isdigit():
        raise _refused(number, f"{number!r} is not a file descriptor", "Write fd:0.")
    if sys.platform == "win32":
        return _windows(int(number), environ)
    else:  # noqa: RET505 (the type checker's other platform)
        return _unix(int(number), environ, activation, allow_public)


def _refused(number: str | int, found: str, fix: str = _FIX) -> StartFailure:
    return StartFailure(BAD_BIND, f"The gateway cannot listen on fd:{number}.", found, fix)


def _windows(fd: int, environ: Mapping[str, str]) -> Transport:
    if fd != 0:
        raise _refused(fd, "on Windows only standard input is inherited as it is", "Write fd:0.")
    with unhidden():
        from webstead.gateway.windows.standard_input import open_standard_input
    return open_standard_input(environ)


def _unix(
    fd: int, environ: Mapping[str, str], activation: Mapping[str, str], allow_public: bool
) -> Transport:
    _check_activation(fd, activation)
    return _socket(fd, environ, allow_public)


def _check_activation(fd: int, activation: Mapping[str, str]) -> None:
    """Variables for another process (a parent's, which runs us as a child) say nothing about ours."""
    if fd < FIRST_LISTEN_FD or activation.get("LISTEN_PID") != str(os.getpid()):
        return
    count = activation.get("LISTEN_FDS", "")
    if not count.isascii() or not count.isdigit() or fd >= FIRST_LISTEN_FD + int(count):
        fix = f"Name one from fd:{FIRST_LISTEN_FD} on, and give the systemd unit a socket for it."
        raise _refused(fd, f"systemd passed LISTEN_FDS={count or 'nothing'}", fix)


def _socket(fd: int, environ: Mapping[str, str], allow_public: bool) -> Transport:
    found = describe(fd)
    if found != "a socket":
        fix = "Use --bind unix:PATH." if found == "closed" else _FIX
        raise _refused(fd, f"file descriptor {fd} is {found}", fix)
    taken = _taken(fd)
    try:
        return _transport(fd, taken, allowed_addresses(environ), allow_public)
    except (StartFailure, OSError):
        taken.close()
        raise


def _taken(fd: int) -> socket.socket:
    """The socket, under a number that is not a standard stream's. The app gets harmless streams: what it
    reads or prints is never the protocol.
    """
    if fd > 2:
        taken = socket.socket(fileno=fd)
        taken.set_inheritable(False)
    else:
        taken = socket.socket(fileno=os.dup(fd))
    for standard in (0, 1, 2):
        if standard == fd or _is_same(standard, taken.fileno()):
            _replace(standard)
    return taken


def _is_same(fd: int, other: int) -> bool:
    """Whether both are one socket: inetd gives it as all three streams."""
    try:
        found = os.fstat(fd)
    except OSError:  # closed
        return False
    return stat.S_ISSOCK(found.st_mode) and os.path.samestat(found, os.fstat(other))


def _replace(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, number)
    os.close(null)


def _transport(fd: int, taken: socket.socket, allowed: frozenset[str], allow_public: bool) -> Transport:
    if taken.type != socket.SOCK_STREAM:
        raise _refused(fd, "it is a socket of datagrams, not a stream")
    internet = taken.family in (socket.AF_INET, socket.AF_INET6)
    if internet and not allow_public and not is_loopback(taken.getsockname()[0]):
        fix = "Listen on 127.0.0.1, ::1 or a Unix socket, or say --allow-public."
        raise _refused(fd, f"it is open to other machines, on {taken.getsockname()[0]}", fix)
    if _is_listening(taken):
        taken.setblocking(False)
        return Listener(taken, allowed=allowed)
    try:
        peer = taken.getpeername()
    except OSError:
        raise _refused(fd, "it is a socket that neither listens nor is connected") from None
    if internet and allowed and plain_address(peer[0]) not in allowed:
        raise _refused(fd, f"{peer[0]} is not in {ADDRESSES_VARIABLE}", "Add it to the list.")
    return SocketChannel(taken)


def _is_listening(candidate: socket.socket) -> bool:
    try:
        return bool(candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:  # not known to this system: who has a peer does not listen
        return not _has_peer(candidate)


def _has_peer(candidate: socket.socket) -> bool:
    try:
        candidate.getpeername()
    except OSError:
        return False
    return True
