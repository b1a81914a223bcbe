"""`webstead site env`: what a program needs to know of a site, as variables of a shell."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_named_site
from webstead.cli.site.shown import listed

if TYPE_CHECKING:
    from webstead.client import Api
    from webstead.client.sites import Site

__all__ = ["env"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What is printed is meant for `eval`: nothing else may stand there."""

Reveal = Annotated[bool, typer.Option("--reveal", help="Print secrets, too, in clear.")]


@about_named_site
def env(site: Api, reveal: Reveal = False, *, json: bool) -> None:
    """Print a site's settings and addresses as variables, as its app is given them.

    [bold]Examples[/bold]

      webstead site env shop
      eval "$(webstead site env shop --reveal)"        run a script as the app runs
    """
    from webstead.cli.as_json import print_json
    from webstead.client.sites import read_settings, show_site

    shown = listed({**_facts(show_site(site)), **read_settings(site)}, reveal=reveal)
    if json:
        print_json(shown)
        return
    for key, value in shown.items():
        if _VARIABLE.fullmatch(key):
            typer.echo(f"export {key}={shlex.quote(value)}")
        else:
            typer.echo(f"{key!r} is a setting that no shell can have as a variable.", err=True)


def _facts(site: Site) -> dict[str, str]:
    """By the names that App Service has for them. A host name has no port."""
    from urllib.parse import urlsplit

    return {"WEBSITE_SITE_NAME": site.name, "WEBSITE_HOSTNAME": urlsplit(site.url).hostname or ""}
