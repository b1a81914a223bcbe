"""`webstead site hosts list|add|remove`: a site's own host names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from webstead.cli.about import about_site
from webstead.cli.groups import group
from webstead.cli.site import words

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["application"]

application = group("hosts", "A site's own host names, besides NAME.localhost.")


@application.command("list")
@about_site
def list_(site: Api, *, json: bool) -> None:
    """List them.

    [bold]Examples[/bold]

      webstead site hosts list --site shop
    """
    from webstead.client.sites import show_site

    _print(show_site(site).hosts, json=json)


@application.command()
@about_site
def add(site: Api, hosts: words.HostNames, *, json: bool) -> None:
    """Let the site answer at these names, too. That they lead to this server is for their DNS to say.

    [bold]Examples[/bold]

      webstead site hosts add www.example.org example.org --site shop
    """
    from webstead.client.sites import add_hosts

    _print(add_hosts(site, hosts).hosts, json=json)


@application.command()
@about_site
def remove(site: Api, hosts: words.HostNames, *, json: bool) -> None:
    """Give these names up.

    [bold]Examples[/bold]

      webstead site hosts remove example.org --site shop
    """
    from webstead.client.sites import remove_hosts

    _print(remove_hosts(site, hosts).hosts, json=json)


def _print(hosts: tuple[str, ...], *, json: bool) -> None:
    from webstead.cli.as_json import print_json

    if json:
        print_json(list(hosts))
    else:
        typer.echo("\n".join(hosts) or "No host names of its own.")
