"""`webstead site create`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_server
from webstead.cli.site import words

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["create"]

Host = Annotated[
    list[str] | None, typer.Option("--host", metavar="HOST", help="A host name of its own; may be repeated.")
]
Ensure = Annotated[
    bool,
    typer.Option(
        "--ensure", help="One that is there already is given these hosts and options, and no error."
    ),
]


@about_server(make=True)
@words.hosting_options
def create(
    server: Api,
    name: words.NewName,
    host: Host = None,
    ensure: Ensure = False,
    *,
    hosting: words.Hosting,
    json: bool,
) -> None:
    """Make a site. It answers with a page that says so until something is deployed to it.

    [bold]Examples[/bold]

      webstead site create shop
      webstead site create shop --host www.example.org --always-on
      webstead site create shop --home /srv/webstead --user shop --memory-mb 512
      webstead site create shop --ensure             in a script that runs again and again
    """
    from webstead.cli.site.shown import print_site
    from webstead.client.sites import create_site, ensure_site

    made = (ensure_site if ensure else create_site)(server, name, host or (), hosting)
    print_site(made, json=json)
