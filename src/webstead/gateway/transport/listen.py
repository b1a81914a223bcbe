"""Where connections come from: a Unix path, a TCP port, or what the gateway inherited.

A FastCGI port gives whoever reaches it the whole environ, so a Unix socket is for its owner only, and TCP for
this machine only, unless somebody says otherwise.

A web server that runs as another user needs more than the owner's 0600: `unix:PATH,mode=660,group=www-data`.
These words belong to the address (uWSGI and gunicorn have options for them, which mean nothing for other
addresses). Group and mode are set before the socket listens. A mode that lets everybody on this machine in is
as public as a port, and asks for --allow-public too.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
from collections.abc import MutableMapping

from webstead.gateway.failure import BAD_BIND, StartFailure
from webstead.gateway.transport.addresses import ADDRESSES_VARIABLE, allowed_addresses, is_loopback
from webstead.gateway.transport.inherited import Transport, open_inherited
from webstead.gateway.transport.listener import Listener
from webstead.gateway.transport.unix_socket import Place, make_unix_socket

__all__ = ["ADDRESSES_VARIABLE", "BACKLOG", "Listener", "Transport", "open_listener", "open_transport"]

BACKLOG = 1024
"""Connections that wait to be accepted, also while the app loads. Precedents: gunicorn 2048, nginx 511, uWSGI
100.
"""

_FORMS = "Write --bind unix:PATH or --bind tcp:127.0.0.1:PORT."

_FIXES = {
    errno.EADDRINUSE: "Choose another address, or stop what holds it.",
    errno.EADDRNOTAVAIL: "Choose an address that this machine has, such as 127.0.0.1.",
    errno.ENOENT: "Make the folder of the socket first, or choose another place.",
    errno.ENOTDIR: "Choose a place for the socket whose folder is one.",
    errno.EACCES: "Choose a place that this user may write to, or a port from 1024 on.",
    errno.EPERM: "Choose a group that this user is in.",
    0: "Choose another address; the path of a socket has about 100 characters at most.",
}
"""By what the system answers; 0: Python itself refuses the path."""

_HOST_PORT = re.compile(r"(?!unix|tcp|fd)[^/:]+:[0-9]+", re.ASCII)
"""What gunicorn and others take for an address."""

_MODE = re.compile(r"0?[0-7]{3}", re.ASCII)


def open_listener(bind: str, environ: MutableMapping[str, str], allow_public: bool = False) -> Listener:
    """As open_transport, for who needs a listening socket (workers, many connections)."""
    transport = open_transport(bind, environ, allow_public)
    if isinstance(transport, Listener):
        return transport
    transport.close()
    raise _refused(bind, "it is one connection, not a listening socket", "Use --bind unix:PATH.")


def open_transport(bind: str, environ: MutableMapping[str, str], allow_public: bool = False) -> Transport:
    """bind: `unix:PATH[,mode=660][,group=NAME]`, `tcp:HOST:PORT` or `fd:N`. What a Listener accepts is many
    connections; a Channel is one. systemd's LISTEN_ variables are taken out of environ. Raises StartFailure
    (BAD_BIND).
    """
    kind, _, rest = bind.partition(":")
    if kind not in ("unix", "tcp", "fd") or not rest:
        fix = f"Write --bind tcp:{bind}." if _HOST_PORT.fullmatch(bind) else _FORMS
        raise _refused(bind, "it is none of unix:PATH, tcp:HOST:PORT and fd:N", fix)
    try:
        if kind == "fd":
            return open_inherited(rest, environ, allow_public)
        if kind == "tcp":
            return _tcp(rest, allowed_addresses(environ), allow_public)
        return make_unix_socket(_place(rest, allow_public), BACKLOG)
    except OSError as error:
        fix = _FIXES.get(error.errno or 0, "Choose another address.")
        raise _refused(bind, str(error), fix) from None


def _refused(bind: str, found: str, fix: str) -> StartFailure:
    return StartFailure(BAD_BIND, f"The gateway cannot listen on {bind}.", found, fix)


def _place(rest: str, allow_public: bool) -> Place:
    path, *words = rest.split(",")
    place = Place(os.path.abspath(path))
    bind = f"unix:{rest}"
    for word in words:
        name, _, value = word.partition("=")
        if name == "mode" and _MODE.fullmatch(value):
            place = place._replace(mode=int(value, 8))
        elif name == "group" and value:
            place = place._replace(group=value)
        else:
            fix = "Write unix:PATH,mode=660,group=www-data; a path cannot have a comma in it."
            raise _refused(bind, f"{word!r} is neither mode=NNN (octal) nor group=NAME", fix)
    if place.mode & stat.S_IRWXO and not allow_public:
        fix = "Use mode=660 and the web server's group, or say --allow-public."
        raise _refused(bind, "its mode lets every user of this machine control the whole environ", fix)
    return place


def _tcp(rest: str, allowed: frozenset[str], allow_public: bool) -> Listener:
    host, _, port = rest.rpartition(":")
    host = host.strip("[]")
    bind = f"tcp:{rest}"
    if not host:
        raise _refused(bind, "it has no host", "Write tcp:127.0.0.1:PORT.")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise _refused(bind, f"{port!r} is not a port", "Write tcp:127.0.0.1:PORT.")
    if not allow_public and not is_loopback(host):
        fix = (
            "Use 127.0.0.1, ::1 or a Unix socket: whoever reaches the port controls the whole environ. "
            f"Where only the web server reaches it, say --allow-public and set {ADDRESSES_VARIABLE}."
        )
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
    listening.setblocking(False)
    return Listener(listening, allowed=allowed)
