"""What a command is about, a site or a whole server, and the options that say which: written once, for all.

    @about_site
    def stop(site: Api, *, json: bool) -> None: ...

is the command `stop --site NAME --home … --profile … --url … --json`, and is given the management of that
site.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options
from webstead.cli.signatures import Command, option, parameters_of, with_parameters

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["about_named_site", "about_server", "about_site", "environment_of"]

Open = Callable[..., AbstractContextManager["Api"]]

_KNOWN = "the one that this folder was deployed to, or the only one"

Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="The site, as --site names it.", show_default=_KNOWN),
]

_ANYWHERE = {"home": options.Home, "profile": options.Profile, "url": options.Url}


def about_site(command: Command) -> Command:
    """Of the site that `--site` names, or that is known without it (see `connecting.chosen`)."""
    return _placed(command, _site, {"site": options.Site, **_ANYWHERE})


def about_named_site(command: Command) -> Command:
    """The same, where its name may also be the first word."""
    return _placed(command, _named_site, {"name": Name, "site": options.Site, **_ANYWHERE})


def about_server(*, make: bool = False) -> Callable[[Command], Command]:
    """Of a whole server, here or elsewhere. make: a home that is not there yet is made."""

    def about(command: Command) -> Command:
        where = {"home": options.Home, "url": options.Url}
        return _placed(command, partial(_server, make=make), where)

    return about


def environment_of(context: typer.Context) -> frozenset[str]:
    """The parameters that nobody typed, but the environment says."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return frozenset(name for name, source in sources.items() if source and source.name == "ENVIRONMENT")


def _site(
    environment: frozenset[str],
    site: str | None,
    home: Path | None,
    profile: Path | None,
    url: str | None,
) -> AbstractContextManager[Api]:
    from webstead.cli.connecting import chosen, site_api

    return site_api(chosen(site, home, profile, url, environment=environment))


def _named_site(
    environment: frozenset[str],
    name: str | None,
    site: str | None,
    home: Path | None,
    profile: Path | None,
    url: str | None,
) -> AbstractContextManager[Api]:
    """Raises UsageError for two names."""
    from webstead.errors import UsageError

    if name is None:
        return _site(environment, site, home, profile, url)
    if site not in (None, name) and "site" not in environment:
        raise UsageError("Two sites are named.", found=f"{name}, --site {site}", fix="Name one of them.")
    return _site(environment - {"site"}, name, home, profile, url)


def _server(
    environment: frozenset[str], home: Path | None, url: str | None, *, make: bool
) -> AbstractContextManager[Api]:
    from webstead.cli.connecting import server_api, server_chosen

    return server_api(server_chosen(home, url, environment=environment), make=make)


def _placed(command: Command, opened: Open, where: Mapping[str, object]) -> Command:
    """The command with these options and --json behind its own. opened: gives the management by their values,
    while the command runs."""

    def run(context: typer.Context, **given: object) -> None:
        place = {name: given.pop(name) for name in where}
        asked = given["json"] is True
        with _errors_as_json(asked=asked), opened(environment_of(context), **place) as api:
            command(api, **given)

    own = [each for each in parameters_of(command) if each.name != "json"]
    places = [option(name, kind) for name, kind in where.items()]
    last = option("json", options.Json, False)
    return with_parameters(run, command, [option("context", typer.Context), *own, *places, last])


@contextmanager
def _errors_as_json(*, asked: bool) -> Iterator[None]:
    """asked: by --json: an error is the last line of standard output then, as every command has it."""
    from webstead.errors import WebsteadError

    try:
        yield
    except WebsteadError as error:
        if not asked:
            raise
        from webstead.cli.report import reporter
        from webstead.events import Failed

        with reporter(json=True) as emit:
            emit(Failed(error.as_json()))
        sys.exit(error.exit_code)
