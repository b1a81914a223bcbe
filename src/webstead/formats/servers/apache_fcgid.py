"""Apache's mod_fcgid, which starts the gateway itself: a file for sites-available.

mod_fcgid gives each process one request at a time and a connection for each, and collects every upload first.
"""

from __future__ import annotations

from webstead.formats.servers.apache_site import quoted, virtual_host
from webstead.formats.servers.model import GatewaySite

__all__ = ["configuration"]

_COMMENT = """\
# Apache starts the gateway, as its own user (www-data), who must be allowed to read the app and its Python.
# As many requests run at once as processes: FcgidMaxProcessesPerClass in mods-available/fcgid.conf (100).
"""

_BODY = """\
    FcgidMaxRequestLen {max_body}
    # What the app sends goes out at once.
    FcgidOutputBufferSize 0
    # Seconds in which the app must send something; 40 by default.
    FcgidIOTimeout 300

    ScriptAlias "{prefix}" {script}
    <Location "{prefix}">
        Require all granted
        Options +ExecCGI
        SetHandler fcgid-script
        FcgidWrapper {command}
        # The app sees the Authorization header.
        CGIPassAuth On
    </Location>
{plain}"""

_PLAIN = """\
    <Location "{url}">
        SetHandler default-handler
    </Location>
"""


def configuration(site: GatewaySite) -> str:
    """A whole file."""
    words = [site.python, site.gateway, "--directory", site.directory, site.target]
    command = " ".join(map(_word, words))
    body = _BODY.format(
        max_body=site.max_body,
        prefix=site.mount or "/",
        script=quoted("path", _script(site)),
        command=quoted("command", command),
        plain="".join(_PLAIN.format(url=url) for url, _ in site.folders),
    )
    return virtual_host(site, "fcgid", _COMMENT, body)


def _script(site: GatewaySite) -> str:
    """A file that is there: what stands behind it in the URL is PATH_INFO. At the root all of it does."""
    gateway = site.gateway.rstrip("/")
    file = gateway if gateway.endswith((".pyz", ".py")) else f"{gateway}/__main__.py"
    return file if site.mount else f"{file}/"


def _word(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
