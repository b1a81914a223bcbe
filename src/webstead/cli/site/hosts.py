"""`webstead site hosts list|add|remove`: a site's own host names."""

from __future__ import annotations

import typer

from webstead.cli import options
from webstead.cli.site import words

__all__ = ["application"]

application = typer.Typer(
    name="hosts",
    help="A site's own host names, besides NAME.localhost.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


@application.command("list")
def list_(
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """List them.

    [bold]Examples[/bold]

      webstead site hosts list --site shop
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.client.sites import show_site

    with site_api(chosen(site, home, profile, url)) as api:
        _print(show_site(api).hosts, json=json)


@application.command()
def add(
    hosts: words.HostNames,
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Let the site answer at these names, too. That they lead to this server is for their DNS to say.

    [bold]Examples[/bold]

      webstead site hosts add www.example.org example.org --site shop
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.client.sites import set_hosts, show_site

    with site_api(chosen(site, home, profile, url)) as api:
        there = show_site(api).hosts
        wanted = [*there, *(host for host in map(str.lower, hosts) if host not in there)]
        _print(set_hosts(api, wanted).hosts, json=json)


@application.command()
def remove(
    hosts: words.HostNames,
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Give these names up.

    [bold]Examples[/bold]

      webstead site hosts remove example.org --site shop
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.client.sites import set_hosts, show_site
    from webstead.errors import UsageError

    going = {host.lower() for host in hosts}
    with site_api(chosen(site, home, profile, url)) as api:
        there = show_site(api).hosts
        if unknown := sorted(going - set(there)):
            found = ", ".join(there) or "it has none of its own"
            raise UsageError(
                f"The site has no host {', '.join(unknown)}.", found=found, fix="Name one of these."
            )
        _print(set_hosts(api, [host for host in there if host not in going]).hosts, json=json)


def _print(hosts: tuple[str, ...], *, json: bool) -> None:
    from webstead.cli.site.shown import print_json

    if json:
        print_json(list(hosts))
    else:
        typer.echo("\n".join(hosts) or "No host names of its own.")
