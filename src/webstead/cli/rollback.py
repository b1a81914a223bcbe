"""`webstead rollback`: an earlier release serves again, within a second and without building."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_site

if TYPE_CHECKING:
    from webstead.client import Api
    from webstead.client.releases import Release

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
    from webstead.cli.site.shown import print_json
    from webstead.client.releases import list_releases, roll_back

    there = list_releases(site)
    before = next((each.id for each in there if each.current), "")
    began = time.monotonic()
    current = roll_back(site, None if release is None else _whole(there, release))
    seconds = time.monotonic() - began
    if json:
        print_json({**current.as_json(), "before": before or None, "seconds": round(seconds, 3)})
        return
    typer.echo(f"Serves now: release {current.id} ({seconds:.1f} s)")
    if before not in ("", current.id):
        typer.echo(f"Served before: {before}")


def _whole(there: Sequence[Release], start: str) -> str:
    """The id that begins so. Raises UsageError for none and for several."""
    from webstead.errors import UsageError

    ids = [release.id for release in there]
    fitting = [each for each in ids if each.startswith(start)]
    if start in ids:
        return start
    if len(fitting) == 1:
        return fitting[0]
    what = "Several releases begin so." if fitting else "There is no release of this id."
    raise UsageError(
        what, found=", ".join(fitting or ids) or "no release", fix="Take an id of: webstead releases"
    )
