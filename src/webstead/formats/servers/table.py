"""The servers by their words on the command line."""

from __future__ import annotations

from webstead.errors import UsageError
from webstead.formats.servers import apache, apache_fcgid, caddy, haproxy, iis, lighttpd, nginx
from webstead.formats.servers.model import GatewaySite

__all__ = ["SERVERS", "configuration"]

_WRITERS = {
    "apache": apache.configuration,
    "apache-fcgid": apache_fcgid.configuration,
    "caddy": caddy.configuration,
    "haproxy": haproxy.configuration,
    "iis": iis.configuration,
    "lighttpd": lighttpd.configuration,
    "nginx": nginx.configuration,
}

SERVERS = tuple(sorted(_WRITERS))


def configuration(server: str, site: GatewaySite) -> str:
    """The text of a configuration file. Raises UsageError for a server that is none of SERVERS, and for a
    value that this server's grammar cannot hold."""
    writer = _WRITERS.get(server)
    if writer is None:
        raise UsageError("There is no such web server here.", found=server, fix=f"Use {', '.join(SERVERS)}.")
    return writer(site)
