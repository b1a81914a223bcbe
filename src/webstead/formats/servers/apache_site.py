"""What both ways of Apache share: the file around them, quoting, static files."""

from __future__ import annotations

from webstead.formats.servers.model import GatewaySite
from webstead.formats.servers.refusal import refuse

__all__ = ["quoted", "virtual_host"]

_SITE = """\
# {target} behind Apache, by {module}.
# Save as /etc/apache2/sites-available/{name}.conf, then:
#   a2enmod {module} && a2ensite {name} && systemctl reload apache2
{comment}
{listen}\
<VirtualHost {server}>
{server_name}\
    AllowEncodedSlashes On
    # LimitRequestBody would not do: it passes over requests that are handed on.
    # req_novary: %{{HTTP:...}} would add Vary: Content-Length to every response, which caches take seriously.
    <If "req_novary('Content-Length') -gt {max_body}">
        Redirect 413 /
    </If>
{static}
{body}</VirtualHost>
"""

_STATIC = """
    Alias "{url}" {folder}
    <Location "{url}">
        Require all granted
        Options -Indexes -ExecCGI
    </Location>
"""

_LISTENED_TO = (80, 443)
"""Ports that Debian's ports.conf listens on: a second Listen is an error."""


def virtual_host(site: GatewaySite, module: str, comment: str, body: str) -> str:
    """A file for sites-available. comment: lines that start with `#`. body: what passes requests on."""
    server = site.server
    return _SITE.format(
        target=site.target,
        module=module,
        name=f"webstead_{site.name}",
        comment=comment,
        listen=f"Listen {server}\n\n" if server.port not in _LISTENED_TO else "",
        server=server,
        server_name=f"    ServerName {site.server_name}\n" if site.server_name else "",
        max_body=site.max_body,
        static="".join(_STATIC.format(url=url, folder=quoted("folder", to)) for url, to in site.folders),
        body=body,
    )


def quoted(what: str, text: str) -> str:
    """Apache puts variables in quoted words too, and knows no way to say that it should not."""
    refuse("Apache", what, text, ("${",))
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
