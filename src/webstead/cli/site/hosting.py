"""`webstead site options`: how a site is hosted."""

from __future__ import annotations

from webstead.cli import options
from webstead.cli.site import words

__all__ = ["options_"]


def options_(
    name: words.Name = None,
    always_on: words.AlwaysOn = None,
    idle_minutes: words.IdleMinutes = None,
    user: words.User = None,
    memory_mb: words.MemoryMb = None,
    cpu_percent: words.CpuPercent = None,
    read_only: words.ReadOnly = None,
    basic_auth: words.BasicAuth = None,
    releases_kept: words.ReleasesKept = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Change how a site is hosted; without any option, show it.

    [bold]Examples[/bold]

      webstead site options shop
      webstead site options shop --always-on
      webstead site options shop --memory-mb 512 --cpu-percent 50
      webstead site options shop --no-basic-auth      tokens only
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_site
    from webstead.client.sites import change_options, show_site

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
    with site_api(chosen(name, home, profile, url)) as site:
        print_site(change_options(site, wanted) if wanted else show_site(site), json=json)
