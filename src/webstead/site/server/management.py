"""The management as a site of its own supervisor: a platform process that is given every request.

The checks are the management's own: request filtering would hide a site's `web.config` or `bin` from vfs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from webstead.formats.webconfig import compile_site, parse
from webstead.host.launch import Launch
from webstead.plan.model import Process
from webstead.site.homes import ServerHome
from webstead.site.hosts import MANAGEMENT
from webstead.site_table import SiteFiles

__all__ = ["SITE", "TOKEN_VARIABLE", "management_files", "management_launch"]

SITE = MANAGEMENT
"""Its name among the sites."""

TOKEN_VARIABLE = "WEBSTEAD_SERVER_TOKEN"  # noqa: S105 - the name of a variable
"""Hands the token of this run to the management; it is written nowhere but in the note."""

_STARTUP_SECONDS = 60.0

_CONFIG = """\
<configuration><system.webServer>
  <handlers>
    <clear />
    <add name="management" path="*" verb="*" modules="httpPlatformHandler" resourceType="Unspecified" />
  </handlers>
  <httpPlatform processPath="python" arguments="-m webstead.services" />
  <webSocket enabled="true" />
  <security><requestFiltering allowDoubleEscaping="true">
    <fileExtensions><clear /></fileExtensions>
    <hiddenSegments><clear /></hiddenSegments>
    <requestLimits maxAllowedContentLength="4294967295" maxUrl="16384" maxQueryString="16384" />
  </requestFiltering></security>
</system.webServer></configuration>
"""


def management_files(server: ServerHome) -> SiteFiles:
    return SiteFiles(str(server.root), (("", _CONFIG),))


def management_launch(
    server: ServerHome, token: str, sites_url: str = "", environ: Mapping[str, str] = os.environ
) -> Launch:
    """Our own interpreter, with our own environment. sites_url: "" for the management's own port."""
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
        environment={**environ, TOKEN_VARIABLE: token},
        python_path=(),
        log_file=None,
        python=Path(sys.executable),
    )


def _pool() -> str:
    ((_, handler),) = compile_site([("", parse(_CONFIG.encode(), "web.config"))]).handlers()
    return handler.pool or ""
