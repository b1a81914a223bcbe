"""What a command is about, a site or a whole server, and the options that say which: written once, for all.

    @about_site
    def stop(site: Api, *, json: bool) -> None: ...

is the command `stop --site NAME --home … --profile … --url … --json`, and is given the management of that
site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options
from webstead.cli.signatures import Command, option, parameters_of, with_parameters

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["about_named_site", "about_server", "about_site"]

Open = Callable[..., AbstractContextManager["Api"]]

Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", envvar="WEBSTEAD_SITE", help="The site.", show_default="the only one"),
]

_ANYWHERE = {"home": options.Home, "profile": options.Profile, "url": options.Url}


def about_site(command: Command) -> Command:
    """Of the site that `--site` names, or that is known without it (see `connecting.chosen`)."""
    return _placed(command, _site, {"site": options.Site, **_ANYWHERE})


def about_named_site(command: Command) -> Command:
    """The same, where its name is the first word."""
    return _placed(command, _site, {"site": Name, **_ANYWHERE})


def about_server(*, make: bool = False) -> Callable[[Command], Command]:
    """Of a whole server, here or elsewhere. make: a home that is not there yet is made."""

    def about(command: Command) -> Command:
        where = {"home": options.Home, "url": options.Url}
        return _placed(command, partial(_server, make=make), where)

    return about


def _site(
    site: str | None, home: Path | None, profile: Path | None, url: str | None
) -> AbstractContextManager[Api]:
    from webstead.cli.connecting import chosen, site_api

    return site_api(chosen(site, home, profile, url))


def _server(home: Path | None, url: str | None, *, make: bool) -> AbstractContextManager[Api]:
    from webstead.cli.connecting import server_api, server_chosen

    return server_api(server_chosen(home, url), make=make)


def _placed(command: Command, opened: Open, where: Mapping[str, object]) -> Command:
    """The command with these options and --json behind its own. opened: gives the management by their values,
    while the command runs."""

    def run(**given: object) -> None:
        place = {name: given.pop(name) for name in where}
        with opened(**place) as api:
            command(api, **given)

    own = [each for each in parameters_of(command) if each.name != "json"]
    places = [option(name, kind) for name, kind in where.items()]
    return with_parameters(run, command, [*own, *places, option("json", options.Json, False)])
