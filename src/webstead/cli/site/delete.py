"""`webstead site delete`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_server
from webstead.cli.asking import Yes

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["delete"]

Which = Annotated[str, typer.Argument(metavar="NAME", help="The site; it is never guessed.")]


@about_server()
def delete(server: Api, name: Which, yes: Yes = False, *, json: bool) -> None:
    """Delete a site with all its releases, its files and its records. There is no way back.

    [bold]Examples[/bold]

      webstead site delete shop            asks for the name once more
      webstead site delete shop --yes
    """
    from webstead.cli.as_json import print_json
    from webstead.client.sites import delete_site, show_site
    from webstead.site.homes import checked_name

    low = checked_name(name)
    with closing(server.of_site(low)) as site:
        found = show_site(site)
        if not yes:
            _ask(low, found.url, server.place.command("site", "delete", low, "--yes"))
        delete_site(site)
    if json:
        print_json({"deleted": low})
    else:
        typer.echo(f"Deleted: {low}")


def _ask(name: str, url: str, command: str) -> None:
    """Raises UsageError for another name than this, and where nobody can be asked."""
    from webstead.cli.asking import typed
    from webstead.errors import UsageError

    fix = f"Type the name, or: {command}"
    what = f"{name} ({url}) goes with all its releases and files, also what its app has written."
    answer = typed(what, f"To delete it, type its name ({name})", fix)
    if answer.lower() != name:
        raise UsageError("That is another name; nothing was deleted.", found=repr(answer), fix=fix)
