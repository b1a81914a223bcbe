"""What a site's files ask for while it is up, in moments that no request can hit; all else of it is in
tests/whole/test_live_edits.py."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

from webstead.errors import WebsteadError
from webstead.events import Event
from webstead.host.launch import Launch
from webstead.host.site import HostedSite
from webstead.plan import Overrides
from webstead.site.layout import SiteLayout, find_layout
from webstead.site.live import Live, LiveOptions
from webstead.site.prepare import Prepared, plan_site, prepare
from webstead.site_table import SiteFiles

CONFIG = """\
<configuration>
  <appSettings><add key="WSGI_HANDLER" value="app.application"/></appSettings>
  <system.webServer>
    <handlers><add name="app" path="*" verb="*" modules="FastCgiModule" resourceType="Unspecified"
      scriptProcessor="python.exe|wfastcgi.py"/></handlers>
    <fastCgi><application fullPath="python.exe" arguments="wfastcgi.py"
      monitorChangesTo="{monitored}"/></fastCgi>
    <httpProtocol><customHeaders><add name="x-edit" value="{monitored}"/></customHeaders></httpProtocol>
  </system.webServer>
</configuration>
"""


class Hosted(HostedSite):
    """named: is written in the moment in which a configuration comes into force."""

    def __init__(self, named: Path) -> None:
        self.url = "http://127.0.0.1:8000"
        self._named = named
        self.recycled = asyncio.Event()

    async def replace(
        self,
        launches: Sequence[Launch],
        files: SiteFiles,
        renew: Collection[str] | None = None,
        *,
        whole: bool = False,
    ) -> WebsteadError | None:
        self._named.write_text("changed")
        return None

    async def recycle(self, pools: Collection[str]) -> WebsteadError | None:
        self.recycled.set()
        return None


def test_a_named_file_counts_from_the_moment_in_which_its_name_is_in_force(tmp_path: Path) -> None:
    folder, named = tmp_path / "site", tmp_path / "elsewhere.txt"
    folder.mkdir()
    named.touch()
    (folder / "app.py").write_text("def application(environ, start_response):\n    return []\n")
    (folder / "web.config").write_text(CONFIG.format(monitored=""))
    layout = find_layout(folder, tmp_path / "state")
    prepared = prepared_of(layout)

    async def run() -> None:
        hosted, answered = Hosted(named), asyncio.Event()
        answered.set()
        options = LiveOptions(Overrides(), code=False, build=False)
        live = asyncio.create_task(Live(hosted, layout, options, untold, prepared, None).run(answered))
        (folder / "web.config").write_text(CONFIG.format(monitored=named))
        try:
            await asyncio.wait_for(hosted.recycled.wait(), 20)
        finally:
            live.cancel()
            await asyncio.gather(live, return_exceptions=True)

    asyncio.run(run())


def prepared_of(layout: SiteLayout) -> Prepared:
    return prepare(layout, plan_site(layout, Overrides()), untold, allow_build=True)


def untold(event: Event) -> None:
    """Nobody listens."""
