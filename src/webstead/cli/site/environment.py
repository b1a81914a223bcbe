"""`webstead site env`: what a program needs to know of a site, as variables of a shell."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options
from webstead.cli.site import words

if TYPE_CHECKING:
    from webstead.client.sites import Site

__all__ = ["env"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What is printed is meant for `eval`: nothing else may stand there."""

Reveal = Annotated[bool, typer.Option("--reveal", help="Print secrets, too, in clear.")]


def env(
    name: words.Name = None,
    reveal: Reveal = False,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Print a site's settings and addresses as variables, as its app is given them.

    [bold]Examples[/bold]

      webstead site env shop
      eval "$(webstead site env shop --reveal)"        run a script as the app runs
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.client.sites import read_settings, show_site
    from webstead.settings import MASK, looks_secret

    with site_api(chosen(name, home, profile, url)) as api:
        found = {**_facts(show_site(api)), **read_settings(api)}
    shown = {
        key: value if reveal or not looks_secret(key, value) else MASK for key, value in sorted(found.items())
    }
    if json:
        print_json(shown)
        return
    for key, value in shown.items():
        if _VARIABLE.fullmatch(key):
            typer.echo(f"export {key}={shlex.quote(value)}")
        else:
            typer.echo(f"{key!r} is a setting that no shell can have as a variable.", err=True)


def _facts(site: Site) -> dict[str, str]:
    """By the names that App Service has for them."""
    return {
        "WEBSITE_SITE_NAME": site.name,
        "WEBSITE_HOSTNAME": site.url.partition("://")[2].rstrip("/"),
    }
