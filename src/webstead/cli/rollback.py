"""`webstead rollback`: an earlier release serves again, within a second and without building."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["rollback"]

Which = Annotated[
    str | None,
    typer.Argument(
        metavar="RELEASE", help="Its id, or the beginning of it.", show_default="the one before the current"
    ),
]


def rollback(
    release: Which = None,
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Let an earlier release serve again. Nothing is built; when it does not start, the current one goes on.

    [bold]Examples[/bold]

      webstead rollback --site shop             to the release before
      webstead rollback 5f2c --site shop        to that one: see webstead releases
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.client.releases import roll_back

    with site_api(chosen(site, home, profile, url)) as api:
        began = time.monotonic()
        current = roll_back(api, None if release is None else _whole(api, release))
        seconds = time.monotonic() - began
    if json:
        print_json({**current.as_json(), "seconds": round(seconds, 3)})
    else:
        typer.echo(f"Serves now: release {current.id} ({seconds:.1f} s)")


def _whole(api: Api, start: str) -> str:
    """The id that begins so. Raises UsageError for none and for several."""
    from webstead.client.releases import list_releases
    from webstead.errors import UsageError

    ids = [release.id for release in list_releases(api)]
    fitting = [each for each in ids if each.startswith(start)]
    if start in ids:
        return start
    if len(fitting) == 1:
        return fitting[0]
    what = "Several releases begin so." if fitting else "There is no release of this id."
    raise UsageError(
        what, found=", ".join(fitting or ids) or "no release", fix="Take an id of: webstead releases"
    )
