"""The listening socket of the front, owned by the supervisor; and who has the port when it is taken."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

import psutil

from webstead.errors import BindError
from webstead.site_table import View

__all__ = ["BACKLOG", "Listener", "free_port", "listen", "url_of", "who_listens"]

BACKLOG = 1024
"""Connections that wait while the front is away. nginx has 511, granian 1024; Linux caps it at
net.core.somaxconn."""


@dataclass(frozen=True, slots=True)
class Listener:
    """socket: from `listen`. tls: clients speak it; a certificate of their name is shown to them. view: whose
    routes lead from here."""

    socket: socket.socket
    tls: bool = False
    view: View = "sites"

    @property
    def word(self) -> str:
        """For the front's command line."""
        parts = (str(self.socket.fileno()), *(("tls",) if self.tls else ()))
        return ",".join(parts if self.view == "sites" else (*parts, self.view))


_UNUSABLE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A listening TCP socket. host: an address or a name (of several addresses the first that works, IPv4
    before IPv6); `::` takes IPv4 as well. port: 0 takes any free one. flag: that asks for it. Raises
    BindError."""
    failure: OSError | None = None
    for family, address in _addresses(host, port):
        try:
            return _bound(family, address)
        except OSError as error:
            failure = error
            if error.errno not in _UNUSABLE:
                break
    raise _explain(host, port, flag, failure or OSError(errno.EADDRNOTAVAIL, "no address"))


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise BindError(
            f"Cannot listen on {host}: the name has no address",
            found=str(error),
            fix="--host 127.0.0.1 (this machine only) or --host 0.0.0.0 (all its addresses)",
        ) from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return [(family, (str(address[0]), int(address[1]))) for family, _, _, _, address in found]


def _bound(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port that an ended server left in TIME_WAIT is free; one with a live listener is not, even so.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address[0] == "::" else 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _explain(host: str, port: int, flag: str, error: OSError) -> BindError:
    if error.errno == errno.EADDRINUSE:
        return BindError(
            f"Port {port} on {host} is in use",
            found=who_listens(port) or "The system does not tell which process has it.",
            fix=f"{flag} 0 takes any free port; or {flag} {port + 1 if port < 65535 else 8000}",
        )
    if error.errno == errno.EACCES:
        return BindError(
            f"Port {port} needs privileges",
            found="Ports below 1024 are for root, unless the system is told otherwise.",
            fix=f"{flag} 8000, or let a web server on port 80 pass requests on",
        )
    return BindError(
        f"Cannot listen on {host}: it is not an address of this machine",
        found=error.strerror or str(error),
        fix="--host 127.0.0.1 (this machine only) or --host 0.0.0.0 (all its addresses)",
    )


def who_listens(port: int) -> str:
    """`gunicorn (pid 4711) listens on 127.0.0.1:8000`, or "" when the system does not tell (another user's
    process)."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):
        return ""
    for connection in connections:
        if connection.status != psutil.CONN_LISTEN or not connection.laddr or connection.laddr.port != port:
            continue
        if connection.pid is None:
            continue
        try:
            name = psutil.Process(connection.pid).name()
        except psutil.Error:
            continue
        return f"{name} (pid {connection.pid}) listens on {connection.laddr.ip}:{port}."
    return ""


def url_of(listener: socket.socket, host: str, *, tls: bool = False) -> str:
    """The address to open in a browser. host: as it was asked for; a wildcard becomes the loopback
    address."""
    port = listener.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - a key
    scheme = "https" if tls else "http"
    shown = f"[{name}]" if ":" in name and not name.startswith("[") else name
    return f"{scheme}://{shown}:{port}"


def free_port() -> int:
    """A port of the loopback address that is free now. Who gets it must bind it soon: it is not held."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
