"""`webstead site start`, `stop` and `restart`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from webstead.cli.about import about_named_site

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["restart", "start", "stop"]


@about_named_site
def start(site: Api, *, json: bool) -> None:
    """Let a stopped site serve again.

    [bold]Examples[/bold]

      webstead site start shop
    """
    _act(site, "start", "Started", json=json)


@about_named_site
def stop(site: Api, *, json: bool) -> None:
    """Stop a site: its processes end, and everybody gets 403 until it is started.

    [bold]Examples[/bold]

      webstead site stop shop
    """
    _act(site, "stop", "Stopped", json=json)


@about_named_site
def restart(site: Api, *, json: bool) -> None:
    """Renew a site's processes. New ones take over from the old: no request is lost.

    [bold]Examples[/bold]

      webstead site restart shop
    """
    _act(site, "restart", "Restarted", json=json)


def _act(site: Api, verb: str, done: str, *, json: bool) -> None:
    from webstead.cli.as_json import print_json
    from webstead.cli.unserved import unserved
    from webstead.client.sites import act, show_site

    act(site, verb)
    found = show_site(site)
    note = unserved(site, "so nothing of it runs")
    if json:
        print_json(found.as_json())
    elif not note or verb != "restart":
        typer.echo(f"{done}: {found.name}")
    if note and verb != "stop":
        typer.echo(note, err=True)
