"""lighttpd: a file for conf-available.

Answers are passed on as they come; what a slow client does not take yet waits in lighttpd. Uploads are
collected first, so that they cost the app no thread, and get a length when they were sent in chunks. lighttpd
opens a connection for each request: it does not keep them.
"""

from __future__ import annotations

from webstead.formats.servers.model import GatewaySite, Listen
from webstead.formats.servers.refusal import refuse

__all__ = ["configuration"]

_SITE = """\
# {target} behind lighttpd.
# Save as /etc/lighttpd/conf-available/50-{name}.conf, then:
#   lighty-enable-mod fastcgi {name} && systemctl reload lighttpd
# Start the gateway: {command}
# The user of lighttpd (www-data) must be allowed to open its socket: --bind unix:PATH,mode=660,group=GROUP

$SERVER["socket"] == "{listen}" {{
{body}}}
"""

_HOST = """\
    $HTTP["host"] == "{name}" {{
{body}    }}
"""

_BODY = """\
    server.stream-response-body = 1
    server.max-request-size = {kilobytes}
{static}\
    $HTTP["url"] =~ "{pattern}" {{
        fastcgi.server = ( "{prefix}" => ((
{upstream}\
            "check-local" => "disable",
            "fix-root-scriptname" => "enable"
        )) )
    }}
"""


def configuration(site: GatewaySite) -> str:
    """A whole file."""
    server = site.server
    body = _body(site)
    if site.server_name:
        body = _HOST.format(name=site.server_name, body=body.replace("    ", "        "))
    return _SITE.format(
        target=site.target,
        name=f"webstead_{site.name}",
        command=site.command,
        listen=f"0.0.0.0:{server.port}" if server.everywhere else server,
        body=body,
    )


def _body(site: GatewaySite) -> str:
    aliases = (f"    alias.url += ( {_quoted(url)} => {_quoted(to)} )\n" for url, to in site.folders)
    return _BODY.format(
        kilobytes=-(-site.max_body // 1024),
        static="".join(aliases),
        pattern=_pattern(site),
        prefix=site.mount or "/",
        upstream=_upstream(site.upstream),
    )


def _pattern(site: GatewaySite) -> str:
    """The URLs of the app: lighttpd's own prefix `/app` would take `/application` too."""
    others = "".join(f"(?!{_plain(url)})" for url, _ in site.folders)
    return f"^{others}{_plain(site.mount)}(?:/|$)"


def _plain(url: str) -> str:
    return url.replace(".", "[.]")


def _upstream(to: str | Listen) -> str:
    if isinstance(to, str):
        return f'            "socket" => {_quoted(to)},\n'
    host = to.host.strip("[]")
    return f'            "host" => "{host}",\n            "port" => {to.port},\n'


def _quoted(text: str) -> str:
    """A backslash is dropped before a quote only: there is no way to write one at the end."""
    refuse("lighttpd", "path", text, ("\\",))
    return '"' + text.replace('"', '\\"') + '"'
