"""`webstead releases`: what a site can go back to at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from webstead.cli.about import about_site

if TYPE_CHECKING:
    from webstead.client import Api
    from webstead.client.releases import Release

__all__ = ["releases"]


@about_site
def releases(site: Api, *, json: bool) -> None:
    """List the releases that are kept, the newest first. The one with a * serves now.

    [bold]Examples[/bold]

      webstead releases --site shop
      webstead releases --profile shop.PublishSettings --json
    """
    from webstead.cli.as_json import print_json
    from webstead.cli.tables import rows
    from webstead.client.releases import list_releases

    found = list_releases(site)
    if json:
        print_json([release.as_json() for release in found])
    elif found:
        typer.echo("\n".join(rows([_cells(release) for release in found])))
    else:
        typer.echo(f"There is no release yet: {site.place.command('deploy', 'DIR')}")


def _cells(release: Release) -> tuple[str, ...]:
    from webstead.cli.tables import first_line, when

    mark = "*" if release.current else " "
    return (f"{mark} {release.id}", when(release.created), release.deployer, first_line(release.message))
