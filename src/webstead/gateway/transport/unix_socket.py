"""A Unix socket of our own: its file, with its mode and group, and what an earlier process left in its
place."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
from typing import NamedTuple

from webstead.gateway.failure import BAD_BIND, StartFailure
from webstead.gateway.transport.listener import Listener

__all__ = ["PRIVATE_MODE", "SECONDS_TO_PROBE", "Place", "make_unix_socket"]

SECONDS_TO_PROBE = 1.0
"""How long a process that holds the same path may take to accept: one that is busy is alive too."""

PRIVATE_MODE = 0o600


class Place(NamedTuple):
    """Where a Unix socket is made. group: "" for the process's own."""

    path: str
    mode: int = PRIVATE_MODE
    group: str = ""


def _refused(place: Place, found: str, fix: str) -> StartFailure:
    return StartFailure(BAD_BIND, f"The gateway cannot listen on unix:{place.path}.", found, fix)


if sys.platform == "win32":

    def make_unix_socket(place: Place, backlog: int) -> Listener:
        """Raises StartFailure."""
        raise _refused(place, "Python has no Unix sockets on Windows", "Use tcp:127.0.0.1:PORT.")

else:

    def make_unix_socket(place: Place, backlog: int) -> Listener:
        """Listen there. Raises StartFailure (there is no such group), OSError."""
        group = _group_id(place)
        _remove_stale(place.path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
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
            listening.listen(backlog)
        except OSError:
            listener.close()
            raise
        listening.setblocking(False)
        return listener

    def _group_id(place: Place) -> int:
        """-1 for the process's own."""
        if not place.group:
            return -1
        import grp  # no system without it but Windows is known; who names no group does not need it

        try:
            return grp.getgrnam(place.group).gr_gid
        except KeyError:
            fix = "Name the web server's group."
            raise _refused(place, f"there is no group {place.group!r}", fix) from None

    def _share(place: Place, group: int) -> None:
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
