"""`webstead site settings list|set|unset`: the variables of the app, or what deployments read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["application"]

application = typer.Typer(
    name="settings",
    help="The settings of a site: variables of its app, or with --scm what deployments alone read.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
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
def list_(
    site: options.Site = None,
    reveal: Reveal = False,
    scm: Scm = False,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """List them; what looks secret is masked.

    [bold]Examples[/bold]

      webstead site settings list --site shop
      webstead site settings list --site shop --reveal --json
      webstead site settings list --scm --profile shop.PublishSettings
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.settings import MASK, looks_secret

    with site_api(chosen(site, home, profile, url)) as api:
        found = _read(api, scm=scm)
    shown = {
        name: value if reveal or not looks_secret(name, value) else MASK
        for name, value in sorted(found.items())
    }
    if json:
        print_json(shown)
        return
    for name, value in shown.items():
        typer.echo(f"{name}={value}")


@application.command("set")
def set_(
    pairs: Pairs = None,
    env_file: options.EnvFile = None,
    site: options.Site = None,
    scm: Scm = False,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Set some; the others stay. The app's processes are renewed with them.

    [bold]Examples[/bold]

      webstead site settings set LOG_LEVEL=debug 'TITLE=My shop' --site shop
      webstead site settings set --env-file production.env --site shop
      webstead site settings set SCM_DO_BUILD_DURING_DEPLOYMENT=1 --scm --profile shop.PublishSettings
    """
    from webstead.errors import UsageError
    from webstead.site.environ import read_settings

    given = {setting.name: setting.text for setting in read_settings(pairs or (), env_file or ())}
    if not given:
        raise UsageError("Nothing is to be set.", found="no KEY=VALUE", fix="Write: settings set KEY=VALUE")
    _change(given, site, home, profile, url, scm=scm)
    _done("set", "Set", list(given), json=json)


@application.command()
def unset(
    names: Names,
    site: options.Site = None,
    scm: Scm = False,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Remove some. One that is not there is no error.

    [bold]Examples[/bold]

      webstead site settings unset LOG_LEVEL --site shop
    """
    _change(dict.fromkeys(names), site, home, profile, url, scm=scm)
    _done("removed", "Removed", names, json=json)


def _done(member: str, word: str, names: list[str], *, json: bool) -> None:
    from webstead.cli.site.shown import print_json

    if json:
        print_json({member: names})
    else:
        typer.echo(f"{word}: {', '.join(names)}")


def _read(api: Api, *, scm: bool) -> Mapping[str, str]:
    from webstead.client.scm_settings import read_scm_settings
    from webstead.client.sites import read_settings

    return read_scm_settings(api) if scm else read_settings(api)


def _change(
    changes: Mapping[str, str | None],
    site: str | None,
    home: Path | None,
    profile: Path | None,
    url: str | None,
    *,
    scm: bool,
) -> None:
    from webstead.cli.connecting import chosen, site_api
    from webstead.client.scm_settings import change_scm_settings
    from webstead.client.sites import change_settings

    with site_api(chosen(site, home, profile, url)) as api:
        if scm:
            change_scm_settings(api, changes)
        else:
            change_settings(api, changes)
