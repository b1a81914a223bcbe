"""`webstead site start`, `stop` and `restart`."""

from __future__ import annotations

from pathlib import Path

import typer

from webstead.cli import options
from webstead.cli.site import words

__all__ = ["restart", "start", "stop"]


def start(
    name: words.Name = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Let a stopped site serve again.

    [bold]Examples[/bold]

      webstead site start shop
    """
    _act("start", "Started", name, home, profile, url, json=json)


def stop(
    name: words.Name = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Stop a site: its processes end, and everybody gets 403 until it is started.

    [bold]Examples[/bold]

      webstead site stop shop
    """
    _act("stop", "Stopped", name, home, profile, url, json=json)


def restart(
    name: words.Name = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Renew a site's processes. New ones take over from the old: no request is lost.

    [bold]Examples[/bold]

      webstead site restart shop
    """
    _act("restart", "Restarted", name, home, profile, url, json=json)


def _act(
    verb: str,
    done: str,
    name: str | None,
    home: Path | None,
    profile: Path | None,
    url: str | None,
    *,
    json: bool,
) -> None:
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.client.sites import act, show_site

    with site_api(chosen(name, home, profile, url)) as site:
        act(site, verb)
        found = show_site(site)
    if json:
        print_json(found.as_json())
    else:
        typer.echo(f"{done}: {found.name}")
