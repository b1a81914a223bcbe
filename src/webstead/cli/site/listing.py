"""`webstead site list` and `show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from webstead.cli.about import about_named_site, about_server

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["list_", "show"]


@about_server()
def list_(server: Api, *, json: bool) -> None:
    """List the sites of a server: name, state, release, address.

    [bold]Examples[/bold]

      webstead site list
      webstead site list --home /srv/webstead --json
    """
    from webstead.cli.as_json import print_json
    from webstead.cli.site.shown import table
    from webstead.client.sites import list_sites

    sites = list_sites(server)
    if json:
        print_json([site.as_json() for site in sites])
        return
    for line in table(sites):
        typer.echo(line)
    if not sites:
        typer.echo("There is no site yet: webstead site create NAME")


@about_named_site
def show(site: Api, *, json: bool) -> None:
    """Show a site: its addresses, host names, release and options.

    [bold]Examples[/bold]

      webstead site show shop
      webstead site show --profile shop.PublishSettings
    """
    from webstead.cli.site.shown import print_site
    from webstead.client.sites import show_site

    print_site(show_site(site), json=json)
