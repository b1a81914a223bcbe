"""`webstead site list` and `show`."""

from __future__ import annotations

import typer

from webstead.cli import options
from webstead.cli.site import words

__all__ = ["list_", "show"]


def list_(home: options.Home = None, url: options.Url = None, json: options.Json = False) -> None:
    """List the sites of a server: name, state, release, address.

    [bold]Examples[/bold]

      webstead site list
      webstead site list --home /srv/webstead --json
    """
    from webstead.cli.connecting import server_api, server_chosen
    from webstead.cli.site.shown import print_json, table
    from webstead.client.sites import list_sites

    with server_api(server_chosen(home, url)) as server:
        sites = list_sites(server)
    if json:
        print_json([site.as_json() for site in sites])
        return
    for line in table(sites):
        typer.echo(line)
    if not sites:
        typer.echo("There is no site yet: webstead site create NAME")


def show(
    name: words.Name = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Show a site: its addresses, host names, release and options.

    [bold]Examples[/bold]

      webstead site show shop
      webstead site show --profile shop.PublishSettings
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_site
    from webstead.client.sites import show_site

    with site_api(chosen(name, home, profile, url)) as site:
        print_site(show_site(site), json=json)
