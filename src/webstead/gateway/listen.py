"""The socket that the gateway accepts connections on: inherited, a Unix path, or a loopback port.

A FastCGI port gives whoever reaches it the whole environ, so a Unix socket is for its owner only, and TCP for
this machine only. FCGI_WEB_SERVER_ADDRS narrows an inherited TCP socket (specification, section 3.2).
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import stat
from collections.abc import Mapping

from webstead.gateway.failure import BAD_BIND, StartFailure

__all__ = ["ADDRESSES_VARIABLE", "BACKLOG", "Listener", "open_listener"]

BACKLOG = 1024
"""Connections that wait to be accepted, also while the app loads. Precedents: gunicorn 2048, nginx 511, uWSGI
100.
"""

SECONDS_TO_PROBE = 1.0
"""How long a process that holds the same path may take to accept: one that is busy is alive too."""

ADDRESSES_VARIABLE = "FCGI_WEB_SERVER_ADDRS"


class Listener:
    """socket: non-blocking, listening. close() also removes the file of a Unix socket that this process
    made.
    """

    def __init__(
        self, listening: socket.socket, path: str = "", allowed: frozenset[str] = frozenset()
    ) -> None:
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
        if self._allowed and isinstance(address, tuple) and address[0] not in self._allowed:
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


def open_listener(bind: str, environ: Mapping[str, str]) -> Listener:
    """bind: `unix:PATH`, `tcp:HOST:PORT` or `fd:N`. Raises StartFailure (BAD_BIND)."""
    kind, _, rest = bind.partition(":")
    opener = {"unix": _unix, "tcp": _tcp, "fd": _inherited}.get(kind)
    if opener is None or not rest:
        raise _refused(bind, "it is none of unix:PATH, tcp:HOST:PORT and fd:N", "Write --bind unix:PATH.")
    try:
        listener = opener(rest, environ)
    except OSError as error:
        raise _refused(bind, str(error), "Choose another address, or stop what holds it.") from None
    listener.socket.setblocking(False)
    return listener


def _refused(bind: str, found: str, fix: str) -> StartFailure:
    return StartFailure(BAD_BIND, f"The gateway cannot listen on {bind}.", found, fix)


def _unix(path: str, environ: Mapping[str, str]) -> Listener:
    path = os.path.abspath(path)
    _remove_stale(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)  # the file is born 0600: no moment at which others could connect
    try:
        listening.bind(path)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(mask)
    listening.listen(BACKLOG)
    return Listener(listening, path)


def _remove_stale(path: str) -> None:
    """Remove a socket file that nobody listens on; leave everything else for bind to complain about."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(SECONDS_TO_PROBE)
            try:
                probe.connect(path)
            except ConnectionRefusedError:
                os.unlink(path)


def _tcp(rest: str, environ: Mapping[str, str]) -> Listener:
    host, _, port = rest.rpartition(":")
    host = host.strip("[]")
    bind = f"tcp:{rest}"
    if not port.isdigit() or int(port) > 65535:
        raise _refused(bind, f"{port!r} is not a port", "Write tcp:127.0.0.1:PORT.")
    if not _is_loopback(host):
        fix = "Use 127.0.0.1, ::1 or a Unix socket: whoever reaches the port controls the whole environ."
        raise _refused(bind, f"{host!r} is not a loopback address", fix)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, int(port)))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return Listener(listening, allowed=_allowed(environ))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _inherited(rest: str, environ: Mapping[str, str]) -> Listener:
    bind = f"fd:{rest}"
    if not rest.isdigit():
        raise _refused(bind, f"{rest!r} is not a file descriptor", "Write fd:0.")
    number = int(rest)
    if number > 2:
        listening = socket.socket(fileno=number)
        listening.set_inheritable(False)
    else:
        listening = socket.socket(fileno=os.dup(number))
    if not _is_listening(listening):
        listening.close()
        fix = "Start the gateway from a FastCGI server, or give it --bind unix:PATH."
        raise _refused(bind, "it is a socket that does not listen", fix)
    if number <= 2:
        _replace(number)
    return Listener(listening, allowed=_allowed(environ))


def _is_listening(candidate: socket.socket) -> bool:
    try:
        return bool(candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:  # not known to this system: accept will tell
        return True


def _replace(number: int) -> None:
    """Give the app a harmless standard stream: what it reads or writes there is never the protocol."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, number)
    os.close(null)


def _allowed(environ: Mapping[str, str]) -> frozenset[str]:
    words = environ.get(ADDRESSES_VARIABLE, "").split(",")
    return frozenset(word.strip() for word in words if word.strip())
