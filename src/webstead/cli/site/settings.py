"""`webstead site settings list|set|unset`: the variables of the app, or what deployments read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options
from webstead.cli.about import about_site
from webstead.cli.groups import group
from webstead.cli.site.shown import listed

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["application"]

application = group(
    "settings", "The settings of a site: variables of its app, or with --scm what deployments alone read."
)

Reveal = Annotated[bool, typer.Option("--reveal", help="Print secrets, too, in clear.")]
Scm = Annotated[
    bool,
    typer.Option(
        "--scm", help="Kudu's settings of deployments; on App Service, these are what can be changed."
    ),
]
Pairs = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Names and values.")]
Names = Annotated[list[str], typer.Argument(metavar="KEY...", help="Names.")]


@application.command("list")
@about_site
def list_(site: Api, reveal: Reveal = False, scm: Scm = False, *, json: bool) -> None:
    """List them; what looks secret is masked.

    [bold]Examples[/bold]

      webstead site settings list --site shop
      webstead site settings list --site shop --reveal --json
      webstead site settings list --scm --profile shop.PublishSettings
    """
    from webstead.cli.as_json import print_json
    from webstead.client.scm_settings import read_scm_settings
    from webstead.client.sites import read_settings

    found = read_scm_settings(site, reveal=reveal) if scm else read_settings(site)
    shown = listed(found, reveal=reveal)
    if json:
        print_json(shown)
        return
    for name, value in shown.items():
        typer.echo(f"{name}={value}")


@application.command("set")
@about_site
def set_(
    site: Api, pairs: Pairs = None, env_file: options.EnvFile = None, scm: Scm = False, *, json: bool
) -> None:
    """Set some; the others stay. The app's processes are renewed with them.

    [bold]Examples[/bold]

      webstead site settings set LOG_LEVEL=debug 'TITLE=My shop' --site shop
      webstead site settings set --env-file production.env --site shop
      webstead site settings set SCM_DO_BUILD_DURING_DEPLOYMENT=1 --scm --profile shop.PublishSettings
    """
    from webstead.errors import UsageError
    from webstead.site.environ import read_settings

    found = read_settings(pairs or (), env_file or ())
    given = {setting.name: setting.text for setting in found}
    if not given:
        raise UsageError("Nothing is to be set.", found="no KEY=VALUE", fix="Write: settings set KEY=VALUE")
    _change(site, given, scm=scm)
    _done("set", "Set", list(given), json=json)


@application.command()
@about_site
def unset(site: Api, names: Names, scm: Scm = False, *, json: bool) -> None:
    """Remove some. One that is not there is no error.

    [bold]Examples[/bold]

      webstead site settings unset LOG_LEVEL --site shop
    """
    _change(site, dict.fromkeys(names), scm=scm)
    _done("removed", "Removed", names, json=json)


def _done(member: str, word: str, names: list[str], *, json: bool) -> None:
    from webstead.cli.as_json import print_json

    if json:
        print_json({member: names})
    else:
        typer.echo(f"{word}: {', '.join(names)}")


def _change(site: Api, changes: Mapping[str, str | None], *, scm: bool) -> None:
    from webstead.client.scm_settings import change_scm_settings
    from webstead.client.sites import change_settings

    (change_scm_settings if scm else change_settings)(site, changes)
