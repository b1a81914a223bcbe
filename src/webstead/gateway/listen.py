"""Where connections come from: a Unix path, a TCP port, or what the gateway inherited.

A FastCGI port gives whoever reaches it the whole environ, so a Unix socket is for its owner only, and TCP for
this machine only, unless somebody says otherwise.

A web server that runs as another user needs more than the owner's 0600: `unix:PATH,mode=660,group=www-data`.
These words belong to the address (uWSGI and gunicorn have options for them, which mean nothing for other
addresses). Group and mode are set before the socket listens. A mode that lets everybody on this machine in is
as public as a port, and asks for --allow-public too.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
from collections.abc import MutableMapping
from typing import NamedTuple

from webstead.gateway.addresses import ADDRESSES_VARIABLE, allowed_addresses, is_loopback
from webstead.gateway.failure import BAD_BIND, StartFailure
from webstead.gateway.inherited import Transport, open_inherited
from webstead.gateway.listener import Listener

__all__ = ["ADDRESSES_VARIABLE", "BACKLOG", "Listener", "Transport", "open_listener", "open_transport"]

BACKLOG = 1024
"""Connections that wait to be accepted, also while the app loads. Precedents: gunicorn 2048, nginx 511, uWSGI
100.
"""

SECONDS_TO_PROBE = 1.0
"""How long a process that holds the same path may take to accept: one that is busy is alive too."""

PRIVATE_MODE = 0o600

_MODE = re.compile(r"0?[0-7]{3}", re.ASCII)


class _Place(NamedTuple):
    """Where a Unix socket is made. group: "" for the process's own."""

    path: str
    mode: int = PRIVATE_MODE
    group: str = ""


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
        raise _refused(bind, "it is none of unix:PATH, tcp:HOST:PORT and fd:N", "Write --bind unix:PATH.")
    try:
        if kind == "fd":
            return open_inherited(rest, environ, allow_public)
        if kind == "tcp":
            return _tcp(rest, allowed_addresses(environ), allow_public)
        return _unix(_place(rest, allow_public))
    except OSError as error:
        raise _refused(bind, str(error), "Choose another address, or stop what holds it.") from None


def _refused(bind: str, found: str, fix: str) -> StartFailure:
    return StartFailure(BAD_BIND, f"The gateway cannot listen on {bind}.", found, fix)


def _place(rest: str, allow_public: bool) -> _Place:
    path, *words = rest.split(",")
    place = _Place(os.path.abspath(path))
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


def _unix(place: _Place) -> Listener:
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        raise _refused(
            f"unix:{place.path}", "this system's Python has no Unix sockets", "Use tcp:127.0.0.1:PORT."
        )
    group = _group_id(place)
    _remove_stale(place.path)
    listening = socket.socket(family, socket.SOCK_STREAM)
    mask = os.umask(0o177)  # the file is born 0600: no moment at which others could connect
    try:
        listening.bind(place.path)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(mask)
    listener = Listener(listening, place.path)
    try:
        _share(place, group)
        listening.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listening.setblocking(False)
    return listener


def _group_id(place: _Place) -> int:
    """-1 for the process's own."""
    if not place.group:
        return -1
    import grp  # there is none on Windows

    try:
        return grp.getgrnam(place.group).gr_gid
    except KeyError:
        bind = f"unix:{place.path},group={place.group}"
        raise _refused(bind, f"there is no group {place.group!r}", "Name the web server's group.") from None


def _share(place: _Place, group: int) -> None:
    if group >= 0:
        os.chown(place.path, -1, group)
    if place.mode != PRIVATE_MODE:
        os.chmod(place.path, place.mode)


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


def _tcp(rest: str, allowed: frozenset[str], allow_public: bool) -> Listener:
    host, _, port = rest.rpartition(":")
    host = host.strip("[]")
    bind = f"tcp:{rest}"
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
