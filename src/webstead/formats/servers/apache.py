"""Apache's mod_proxy_fcgi: a file for sites-available.

Answers are passed on as they come. Connections are kept. The app's two path variables are set here: what
mod_proxy_fcgi makes of them by itself suits PHP.
"""

from __future__ import annotations

from webstead.formats.servers.apache_site import quoted, virtual_host
from webstead.formats.servers.model import GatewaySite
from webstead.formats.servers.refusal import refuse

__all__ = ["configuration"]

_COMMENT = """\
# Start the gateway: {command}
# The user of Apache (www-data) must be allowed to open its socket: --bind unix:PATH,mode=660,group=GROUP
"""

_BODY = """\
{excepted}\
    ProxyPass "{prefix}" {upstream} enablereuse=on flushpackets=on
    <Location "{prefix}">
        Require all granted
        # The app sees the Authorization header.
        CGIPassAuth On
        # A body sent in chunks gets a length, without which some frameworks take it for empty.
        SetEnv proxy-sendcl 1
        # A response keeps its Content-Length: the gateway sees to it that it is true.
        SetEnv ap_trust_cgilike_cl 1
        ProxyFCGIBackendType GENERIC
        ProxyFCGISetEnvIf "true" SCRIPT_NAME "{mount}"
        ProxyFCGISetEnvIf "%{{REQUEST_URI}} =~ m#^{pattern}((?s).*)#" PATH_INFO "$1"
    </Location>
"""


def configuration(site: GatewaySite) -> str:
    """A whole file."""
    body = _BODY.format(
        excepted="".join(f'    ProxyPass "{url}" "!"\n' for url, _ in site.folders),
        prefix=site.mount or "/",
        mount=site.mount,
        pattern=site.mount.replace(".", "[.]"),
        upstream=_upstream(site),
    )
    return virtual_host(site, "proxy_fcgi", _COMMENT.format(command=site.command), body)


def _upstream(site: GatewaySite) -> str:
    """The path behind the address is not used. The name before it tells the connections of sites apart."""
    to = site.upstream
    if not isinstance(to, str):
        return f'"fcgi://{to}/"'
    refuse("Apache", "path of a socket", to, ("|", "?", "#", "%"))
    return quoted("path of a socket", f"unix:{to}|fcgi://webstead-{site.name.replace('_', '-')}/")
