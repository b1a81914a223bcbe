"""`webstead deploy`: a folder, a zip or a URL becomes what a site serves."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options

if TYPE_CHECKING:
    from webstead.cli.connecting import Chosen
    from webstead.client import Api
    from webstead.client.deployments import Accepted, Wanted
    from webstead.client.sites import Site
    from webstead.events import Emit

__all__ = ["deploy"]

Source = Annotated[
    str,
    typer.Argument(metavar="DIR|ZIP|URL", help="What to deploy.", show_default="this folder"),
]
Message = Annotated[
    str, typer.Option("--message", "-m", metavar="TEXT", help="What it brings, for the history.")
]
Clean = Annotated[
    bool,
    typer.Option("--clean/--no-clean", help="Remove what no deployment brought, too: uploads, databases."),
]
ServerBuild = Annotated[
    bool | None,
    typer.Option(
        "--build/--no-build",
        help="Whether the server builds; by default it builds a folder, unless its settings say otherwise.",
    ),
]
Asynchronous = Annotated[bool, typer.Option("--async", help="Do not wait for its end.")]
Type = Annotated[
    str,
    typer.Option(
        "--type", metavar="TYPE", help="zip, static, startup, script, lib: OneDeploy's, for one file."
    ),
]
Target = Annotated[str, typer.Option("--path", metavar="PATH", help="Where it goes, in wwwroot or the home.")]
Whole = Annotated[
    bool, typer.Option("--whole", help="Send all of a folder, also what the site has as it is.")
]
Cancel = Annotated[bool, typer.Option("--cancel", help="Stop the deployment that runs, and deploy nothing.")]


def deploy(
    context: typer.Context,
    source: Source = ".",
    site: options.Site = None,
    message: Message = "",
    clean: Clean = False,
    server_build: ServerBuild = None,
    asynchronous: Asynchronous = False,
    kind: Type = "",
    path: Target = "",
    whole: Whole = False,
    cancel: Cancel = False,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
    log_file: options.LogFile = None,
) -> None:
    """Deploy a folder, a zip, or the URL of a zip to a site, and follow it to its end.

    Of a folder is left out what .gitignore and .deploymentignore say, repositories, caches and virtual
    environments; of the rest is sent what has changed since the last deployment. What serves changes when all
    has gone well, or not at all. Without --site it goes where this folder was deployed to last, or to the
    only site.

    [bold]Examples[/bold]

      webstead deploy --site shop                        this folder
      webstead deploy ./shop --site shop -m 'New prices'
      webstead deploy app.zip --profile shop.PublishSettings
      webstead deploy style.css --type static --path static/style.css --site shop
      webstead deploy --cancel --site shop
    """
    from webstead.cli.about import environment_of
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.deploying import send
    from webstead.cli.report import reporter
    from webstead.client.deployments import Wanted
    from webstead.errors import WebsteadError
    from webstead.events import Failed

    folder = Path(source) if Path(source).is_dir() else None
    wanted = Wanted(message, clean, server_build, kind, path, folder=folder is not None)
    began = time.monotonic()
    with reporter(json=json, log_file=log_file) as emit:
        try:
            where = chosen(site, home, profile, url, folder, environment=environment_of(context))
            with site_api(where) as api:
                if cancel:
                    _cancel(api, emit)
                else:
                    _check(api, wanted, wait=not asynchronous)
                    accepted = send(api, source, wanted, emit, whole=whole)
                    _end(api, accepted, emit, began, wait=not asynchronous)
                    if folder is not None:
                        _remember(folder, where, api)
        except WebsteadError as error:
            emit(Failed(error.as_json()))
            sys.exit(error.exit_code)


def _end(api: Api, accepted: Accepted, emit: Emit, began: float, *, wait: bool) -> None:
    from webstead.cli.deploying import fail, follow, log_command
    from webstead.cli.unserved import unserved
    from webstead.events import Deployed, DeploymentBegun, Note

    emit(DeploymentBegun(accepted.id))
    if not wait:
        emit(Note("info", f"It has begun: {log_command(api, accepted.id)}"))
        return
    ended = follow(api, accepted, emit)
    if ended.state == "failed":
        fail(api, emit, ended)
    site = _site(api)
    emit(Deployed(ended.site, ended.id, site.url if site else "", time.monotonic() - began))
    if site is not None and site.stopped:
        emit(Note("warning", f"{site.name} is stopped: {api.place.command('site', 'start')}"))
    if note := unserved(api, "so nobody answers there yet"):
        emit(Note("info", note))


def _site(api: Api) -> Site | None:
    """None of App Service, which does not say."""
    from webstead.client.sites import show_site
    from webstead.errors import RemoteError

    try:
        return show_site(api)
    except RemoteError:
        return None


def _check(api: Api, wanted: Wanted, *, wait: bool) -> None:
    """Before anything is sent. Raises UsageError."""
    from webstead.client.own import is_own
    from webstead.errors import UsageError

    if not wait and api.in_process:
        raise UsageError(
            "Nobody serves this home, so there is nobody to leave the deployment to.",
            found=api.place.words,
            fix=f"Leave --async out, or serve it: {api.place.serve_command}",
        )
    if wanted.build is not None and not is_own(api):
        value = int(wanted.build)
        raise UsageError(
            "A Kudu cannot be told for one deployment whether to build.",
            found=f"--{'' if wanted.build else 'no-'}build, {api.place.words}",
            fix=api.place.command(
                *("site", "settings", "set", "--scm", f"SCM_DO_BUILD_DURING_DEPLOYMENT={value}")
            ),
        )


def _cancel(api: Api, emit: Emit) -> None:
    from webstead.client.deployments import cancel, holder
    from webstead.events import Note

    who = holder(api)
    cancel(api)
    what = f"{who.what}, by {who.by}" if who is not None else "what holds the lock"
    emit(Note("info", f"Asked to stop: {what}"))


def _remember(folder: Path, where: Chosen, api: Api) -> None:
    """Not of a URL with a user in it: credentials are kept nowhere."""
    from webstead.cli.folder_note import FolderNote, write_note

    if where.url is not None and "@" in where.url:
        return
    write_note(folder, FolderNote(api.site, where.home, where.profile, where.url))
