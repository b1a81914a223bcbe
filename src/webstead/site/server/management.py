"""The management as a site of its own supervisor: a platform process that is given every request.

The checks are the management's own: request filtering would hide a site's `web.config` or `bin` from vfs. A
rule of the front's adds the header that it is known by; what a client sends under that name goes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from webstead.formats.webconfig import compile_site, parse
from webstead.host.launch import Launch
from webstead.plan.model import Process
from webstead.settings import Secret
from webstead.site.homes import ServerHome
from webstead.site.hosts import MANAGEMENT
from webstead.site_table import SiteFiles

__all__ = [
    "FRONT_HEADER",
    "FRONT_VARIABLE",
    "SITE",
    "TOKEN_VARIABLE",
    "management_files",
    "management_launch",
]

SITE = MANAGEMENT
"""Its name among the sites."""

TOKEN_VARIABLE = "WEBSTEAD_SERVER_TOKEN"  # noqa: S105 - the name of a variable
"""Hands the token of this run to the management; it is written nowhere but in the note."""

FRONT_VARIABLE = "WEBSTEAD_FRONT_TOKEN"
"""Hands the management the token that its front shows with each request."""

FRONT_HEADER = "x-webstead-front-token"
"""By which the management knows the front: its port is open to every process of this machine, and what is
said there of who asks is believed of the front alone."""

_STARTUP_SECONDS = 60.0

_CONFIG = """\
<configuration><system.webServer>
  <handlers>
    <clear />
    <add name="management" path="*" verb="*" modules="httpPlatformHandler" resourceType="Unspecified" />
  </handlers>
  <httpPlatform processPath="python" arguments="-m webstead.services" />
  <webSocket enabled="true" />
  <rewrite>
    <allowedServerVariables><add name="{variable}" /></allowedServerVariables>
    <rules><rule name="front">
      <match url=".*" />
      <serverVariables><set name="{variable}" value="{front}" /></serverVariables>
      <action type="None" />
    </rule></rules>
  </rewrite>
  <security><requestFiltering allowDoubleEscaping="true">
    <fileExtensions><clear /></fileExtensions>
    <hiddenSegments><clear /></hiddenSegments>
    <requestLimits maxAllowedContentLength="4294967295" maxUrl="16384" maxQueryString="16384" />
  </requestFiltering></security>
</system.webServer></configuration>
"""


def management_files(server: ServerHome, front: Secret) -> SiteFiles:
    """front: the token that the front shows."""
    return SiteFiles(str(server.root), (("", _config(front)),))


def management_launch(
    server: ServerHome,
    token: Secret,
    front: Secret,
    sites_url: str = "",
    environ: Mapping[str, str] = os.environ,
) -> Launch:
    """Our own interpreter, with our own environment. token: of this run. front: as of management_files.
    sites_url: "" for the management's own port."""
    words = (
        *("python", "-P", "-m", "webstead.services", "--home", str(server.root)),
        *("--domain", server.domain, "--port", "%HTTP_PLATFORM_PORT%"),
        *(("--sites-url", sites_url) if sites_url else ()),
    )
    process = Process(
        pool=_pool(),
        label="management",
        protocol="http",
        command=words,
        directory=".",
        startup_seconds=_STARTUP_SECONDS,
    )
    return Launch(
        process=process,
        words=words,
        directory=server.root,
        environment={**environ, TOKEN_VARIABLE: token.reveal(), FRONT_VARIABLE: front.reveal()},
        python_path=(),
        log_file=None,
        python=Path(sys.executable),
    )


def _config(front: Secret) -> str:
    """The token is of letters, digits, `-` and `_`."""
    variable = f"HTTP_{FRONT_HEADER.upper().replace('-', '_')}"
    return _CONFIG.format(variable=variable, front=front.reveal())


def _pool() -> str:
    ((_, handler),) = compile_site([("", parse(_config(Secret("")).encode(), "web.config"))]).handlers()
    return handler.pool or ""
