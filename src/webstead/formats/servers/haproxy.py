"""HAProxy: sections for haproxy.cfg. It sends no files of its own.

It keeps connections. It can put several requests on one (`option mpxs-conns`, for a gateway that was started
with `--multiplex`), but 2.6 stops reading it for all of them while one client does not take its response, and
does not begin again when that client leaves: so that is off.
"""

from __future__ import annotations

from webstead.errors import UsageError
from webstead.formats.servers.model import GatewaySite

__all__ = ["configuration"]

_SITE = """\
# {target} behind HAProxy.
# Add to /etc/haproxy/haproxy.cfg, then: systemctl reload haproxy
# Start the gateway: {command}
# The user of HAProxy must be allowed to open its socket: --bind unix:PATH,mode=660,group=GROUP

frontend {name}
    mode http
    bind {listen}
    timeout client 60s
{conditions}\
    http-request deny deny_status 413 if {{ req.hdr_val(content-length) gt {max_body} }}
    # httpoxy: a client's Proxy header is no setting. To the app X_Name and X-Name are one name.
    http-request del-header Proxy
    http-request del-header _ -m sub
    # HAProxy would take whoever the client says it is for REMOTE_USER, so the header goes another way.
    http-request set-var(txn.authorization) req.hdr(Authorization)
    http-request del-header Authorization
    # It fails on these by itself, with 500.
    http-request deny deny_status 400 if {{ path -i -m sub %00 %0a }}
    default_backend {name}

backend {name}
    mode http
    timeout connect 5s
    timeout server 60s
    option http-no-delay  # a piece of a response that streams would wait 200 ms for more
    use-fcgi-app {name}
    server gateway {upstream} proto fcgi

fcgi-app {name}
    docroot {directory}
    path-info ^({pattern})(/.*)?$
{whole}\
    set-param HTTP_AUTHORIZATION %[var(txn.authorization)]
    set-param SERVER_NAME {said_name}
    set-param REQUEST_SCHEME %[ssl_fc,iif(https,http)]
    option keep-conn
    # Several requests on one connection: option mpxs-conns, option max-reqs 8, and --multiplex 8 in the
    # gateway's command. But one client that does not take its response then holds up all of the connection.
    log-stderr global
"""

_NAME = "    http-request return status 404 unless { req.hdr(host),field(1,:) -i %s }\n"
_MOUNT = "    http-request return status 404 unless { path,url_dec %s } or { path,url_dec -m beg %s/ }\n"
_WHOLE = """\
    # HAProxy sends no empty PATH_INFO. This is mod_proxy_fcgi's way to say that all of the path is the mount.
    set-param SCRIPT_FILENAME proxy:fcgi:/// if {{ path,url_dec {mount} }}
"""


def configuration(site: GatewaySite) -> str:
    """Three sections. Raises UsageError for static folders."""
    if site.static:
        fix = "Leave the folders out and let the app or another server send the files."
        raise UsageError("HAProxy sends no files.", found=site.static[0][1], fix=fix)
    conditions = _NAME % site.server_name if site.server_name else ""
    conditions += _MOUNT % (site.mount, site.mount) if site.mount else ""
    to = site.upstream
    return _SITE.format(
        target=site.target,
        name=f"webstead_{site.name}",
        command=site.command,
        listen=site.server,
        conditions=conditions,
        said_name=site.server_name or "%[dst]",
        max_body=site.max_body,
        upstream=_quoted(f"unix@{to}") if isinstance(to, str) else to,
        directory=_quoted(site.directory),
        pattern=site.mount.replace(".", "[.]"),
        whole=_WHOLE.format(mount=site.mount) if site.mount else "",
    )


def _quoted(text: str) -> str:
    """Nothing is special between single quotes, and they cannot hold one: it stands outside, escaped."""
    return "'" + text.replace("'", "'\\''") + "'"
