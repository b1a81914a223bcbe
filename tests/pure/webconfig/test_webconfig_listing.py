"""What is in force, value by value: only what somebody says, from the place where it is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webstead.formats.webconfig import Site

SiteOf = Callable[[Mapping[str, str]], Site]

ABOVE = """
<appSettings><add key="A" value="1"/></appSettings>
<system.webServer>
  <httpPlatform processPath="python" requestTimeout="1.00:00:00.5" stdoutLogEnabled="TRUE"/>
  <defaultDocument><files><clear/><add value="home.html"/></files></defaultDocument>
</system.webServer>
"""
BELOW = """
<appSettings><add key="B" value="2"/></appSettings>
<system.webServer>
  <httpPlatform requestTimeout="00:01:00"/>
  <handlers accessPolicy="script,READ"><clear/></handlers>
</system.webServer>
"""


def lines(site: Site, path: str) -> list[str]:
    return [
        f"{line.section} {line.place} {line.name}={line.value} {line.origin}" for line in site.listing(path)
    ]


def test_the_root_has_what_its_file_says(site: SiteOf) -> None:
    assert lines(site({"": ABOVE, "sub": BELOW}), "/x") == [
        "appSettings add[A] value=1 web.config:2",
        "system.webServer/defaultDocument files/add[home.html] = web.config:5",
        "system.webServer/httpPlatform  processPath=python web.config:4",
        "system.webServer/httpPlatform  requestTimeout=1.00:00:00.5 web.config:4",
        "system.webServer/httpPlatform  stdoutLogEnabled=true web.config:4",
    ]


def test_a_folder_has_its_own_over_what_it_inherits(site: SiteOf) -> None:
    assert lines(site({"": ABOVE, "sub": BELOW}), "/sub/x") == [
        "appSettings add[A] value=1 web.config:2",
        "appSettings add[B] value=2 sub/web.config:2",
        "system.webServer/defaultDocument files/add[home.html] = web.config:5",
        "system.webServer/handlers  accessPolicy=read,script sub/web.config:5",
        "system.webServer/httpPlatform  processPath=python web.config:4",
        "system.webServer/httpPlatform  requestTimeout=00:01:00 sub/web.config:4",
        "system.webServer/httpPlatform  stdoutLogEnabled=true web.config:4",
    ]


def test_the_servers_own_entries_are_told_as_such(site: SiteOf) -> None:
    found = lines(site({"": "<system.webServer><handlers/></system.webServer>"}), "/")
    assert "system.webServer/handlers add[StaticFile] requireAccess=read the server's defaults" in found
