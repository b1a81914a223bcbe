"""`webstead deployments`: what was deployed to a site, well or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from webstead.cli.about import about_site

if TYPE_CHECKING:
    from webstead.client import Api
    from webstead.client.deployments import Deployment

__all__ = ["deployments"]


@about_site
def deployments(site: Api, *, json: bool) -> None:
    """List the deployments that are recorded, the newest first. The one with a * serves now.

    [bold]Examples[/bold]

      webstead deployments --site shop
      webstead logs --deployment 5f2c --site shop      the log of that one
    """
    from webstead.cli.as_json import print_json
    from webstead.cli.tables import rows
    from webstead.client.deployments import list_deployments

    found = list_deployments(site)
    if json:
        print_json([each.as_json() for each in found])
    elif found:
        typer.echo("\n".join(rows([_cells(each) for each in found])))
    else:
        typer.echo(f"There is no deployment yet: {site.place.command('deploy', 'DIR')}")


def _cells(deployment: Deployment) -> tuple[str, ...]:
    from webstead.cli.tables import first_line, when

    mark = "*" if deployment.active else " "
    return (
        f"{mark} {deployment.id[:10]}",
        when(deployment.received),
        deployment.state,
        deployment.deployer,
        first_line(deployment.message),
    )
