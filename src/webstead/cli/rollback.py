"""`webstead rollback`: an earlier release serves again, within a second and without building."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_site

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["rollback"]

Which = Annotated[
    str | None,
    typer.Argument(
        metavar="RELEASE", help="Its id, or the beginning of it.", show_default="the one before the current"
    ),
]


@about_site
def rollback(site: Api, release: Which = None, *, json: bool) -> None:
    """Let an earlier release serve again. Nothing is built; when it does not start, the current one goes on.

    [bold]Examples[/bold]

      webstead rollback --site shop             to the release before
      webstead rollback 5f2c --site shop        to that one: see webstead releases
    """
    from webstead.cli.as_json import print_json
    from webstead.client.releases import list_releases, roll_back
    from webstead.client.short_ids import whole_id

    there = list_releases(site)
    before = next((each.id for each in there if each.current), "")
    fix = f"Take an id of: {site.place.command('releases')}"
    ids = (each.id for each in there)
    wanted = None if release is None else whole_id(release, ids, noun="release", fix=fix)
    began = time.monotonic()
    current = roll_back(site, wanted)
    seconds = time.monotonic() - began
    if json:
        print_json({**current.as_json(), "before": before or None, "seconds": round(seconds, 3)})
        return
    typer.echo(f"Serves now: release {current.id} ({seconds:.1f} s)")
    if before not in ("", current.id):
        typer.echo(f"Served before: {before}")
