"""`webstead logs`: what the app wrote, as it comes, or the log of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_site

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["logs"]

Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl+C.")]
Lines = Annotated[
    int, typer.Option("--lines", "-n", metavar="N", min=1, max=1000, help="So many of the newest lines.")
]
OfDeployment = Annotated[
    str | None,
    typer.Option(
        "--deployment",
        metavar="ID",
        help="The log of a deployment: its id or the beginning of it, that of its release, or latest.",
    ),
]
Which = Annotated[
    str, typer.Option("--path", metavar="FOLDER", help="Follow a folder or file below LogFiles instead.")
]

LINES = 100

LATEST = "latest"
"""Stays itself: what Kudu calls so has a temporary id at first, which ends before the deployment does."""


@about_site
def logs(
    site: Api,
    follow: Follow = False,
    lines: Lines = LINES,
    deployment: OfDeployment = None,
    path: Which = "",
    *,
    json: bool,
) -> None:
    """Print the newest lines of the app's log; with -f all that its processes write, as it comes, until
    Ctrl+C. With --json that is one object a line.

    With --deployment the log of a deployment, of one that runs until it has ended: then the exit code is 0
    when it succeeded, 5 when it failed.

    [bold]Examples[/bold]

      webstead logs --site shop
      webstead logs -f --site shop
      webstead logs -f --path http                 the access log
      webstead logs --deployment latest --site shop
    """
    if deployment is not None:
        _of_deployment(site, deployment, json=json)
    elif follow or path:
        _follow(site, path, lines, json=json)
    else:
        _recent(site, lines, json=json)


def _recent(api: Api, lines: int, *, json: bool) -> None:
    from webstead.cli.as_json import print_json
    from webstead.client.logs import recent
    from webstead.errors import RemoteError

    try:
        found = recent(api, lines)
    except RemoteError as error:
        if error.status != 404 or error.ours:
            raise
        what, fix = "This Kudu does not tell the newest lines.", "Follow what comes: "
        fix += api.place.command("logs", "-f")
        raise RemoteError(what, found=error.found, fix=fix, status=404) from None
    if json:
        print_json([line.as_json() for line in found])
        return
    for line in found:
        typer.echo(line.text)


def _follow(api: Api, path: str, lines: int, *, json: bool) -> None:
    """Ctrl+C is its end, and no failure."""
    from webstead.cli.as_json import print_json_line
    from webstead.client.logs import follow

    try:
        for line in follow(api, path, lines, lambda text: typer.echo(f"warning: {text}", err=True)):
            if json:
                print_json_line(line.as_json())
            else:
                typer.echo(line.text)
    except KeyboardInterrupt:
        return


def _of_deployment(api: Api, deployment: str, *, json: bool) -> None:
    from webstead.cli.deploying import emit_line, fail
    from webstead.cli.report import reporter
    from webstead.client.deployments import Accepted, deployment_of
    from webstead.client.watching import followed
    from webstead.events import Note

    found = deployment_of(api, deployment)
    with reporter(json=json) as emit:
        where = Accepted("", f"/api/deployments/{LATEST if deployment == LATEST else found.id}")
        ended = followed(api, where, emit_line(emit, found.id), lambda text: emit(Note("warning", text)))
        if ended.state == "failed":
            fail(api, emit, ended)
        emit(Note("info", f"Deployment {ended.id}: {ended.state}"))
