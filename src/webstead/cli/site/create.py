"""`webstead site create`."""

from __future__ import annotations

from typing import Annotated

import typer

from webstead.cli import options
from webstead.cli.site import words

__all__ = ["create"]

Host = Annotated[
    list[str] | None, typer.Option("--host", metavar="HOST", help="A host name of its own; may be repeated.")
]


def create(
    name: words.NewName,
    host: Host = None,
    always_on: words.AlwaysOn = None,
    idle_minutes: words.IdleMinutes = None,
    user: words.User = None,
    memory_mb: words.MemoryMb = None,
    cpu_percent: words.CpuPercent = None,
    read_only: words.ReadOnly = None,
    basic_auth: words.BasicAuth = None,
    releases_kept: words.ReleasesKept = None,
    home: options.Home = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Make a site. It answers with a page that says so until something is deployed to it.

    [bold]Examples[/bold]

      webstead site create shop
      webstead site create shop --host www.example.org --always-on
      webstead site create shop --home /srv/webstead --user shop --memory-mb 512
    """
    from webstead.cli.connecting import server_api, server_chosen
    from webstead.cli.site.shown import print_site
    from webstead.client.sites import create_site

    wanted = words.hosting(
        always_on=always_on,
        idle_minutes=idle_minutes,
        user=user,
        memory_mb=memory_mb,
        cpu_percent=cpu_percent,
        read_only=read_only,
        basic_auth=basic_auth,
        releases_kept=releases_kept,
    )
    with server_api(server_chosen(home, url), make=True) as server:
        print_site(create_site(server, name, host or (), wanted), json=json)
