"""Caddy: a site for a Caddyfile.

Answers are passed on as they come, uploads too. Caddy opens a connection for each request, and answers 411 to
a body without a length, because its FastCGI needs one.
"""

from __future__ import annotations

from webstead.formats.servers.model import GatewaySite
from webstead.formats.servers.refusal import refuse

__all__ = ["configuration"]

_SITE = """\
# {target} behind Caddy.
# Add to /etc/caddy/Caddyfile, or import it there, then: systemctl reload caddy
# Start the gateway: {command}
# The user of Caddy (caddy) must be allowed to open its socket: --bind unix:PATH,mode=660,group=GROUP

{address} {{
{bind}\
    request_body {{
        max_size {max_body}B
    }}
    # To the app X_Forwarded_For and X-Forwarded-For are one name: only the second is a header's.
    request_header -*_*
{static}\
{app}\
}}
"""

_STATIC = """\
    handle_path {url}* {{
        root * {folder}
        file_server
    }}
"""

_APP = """\
    @app path_regexp "^{pattern}(?:/|$)"
    handle @app {{
{strip}\
        reverse_proxy {upstream} {{
            flush_interval -1
            transport fastcgi {{
                root {directory}
                env SCRIPT_NAME "{mount}"
                capture_stderr
            }}
        }}
    }}
    handle {{
        respond 404
    }}
"""


def configuration(site: GatewaySite) -> str:
    """One site block."""
    server = site.server
    scheme = "" if server.port == 443 else "http://"
    static = (_STATIC.format(url=url, folder=_quoted("folder", to)) for url, to in site.folders)
    return _SITE.format(
        target=site.target,
        command=site.command,
        address=f"{scheme}{site.server_name}:{server.port}",
        bind="" if server.everywhere else f"    bind {server.host.strip('[]')}\n",
        max_body=site.max_body,
        static="".join(static),
        app=_app(site),
    )


def _app(site: GatewaySite) -> str:
    return _APP.format(
        pattern=site.mount.replace(".", "[.]"),
        strip=f"        uri strip_prefix {site.mount}\n" if site.mount else "",
        upstream=_upstream(site),
        directory=_quoted("folder", site.directory),
        mount=site.mount,
    )


def _upstream(site: GatewaySite) -> str:
    to = site.upstream
    return _quoted("path of a socket", f"unix/{to}") if isinstance(to, str) else str(to)


def _quoted(what: str, text: str) -> str:
    """Braces are variables, in quotes too; a backslash before the last quote would make that a letter."""
    refuse("Caddy", what, text, ("{", "}", "\\"))
    return '"' + text.replace('"', '\\"') + '"'
