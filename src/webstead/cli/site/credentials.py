"""`webstead site publish-profile`, and `token make|list|delete`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webstead.cli import options
from webstead.cli.site import words

__all__ = ["application", "publish_profile"]

application = typer.Typer(
    name="token",
    help="Bearer tokens for a site's management, with scopes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)

Out = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write it there, readable by you alone."),
]
NewPassword = Annotated[
    bool, typer.Option("--new-password", help="Make a new password; the old one is refused from then on.")
]
Scope = Annotated[
    list[str] | None,
    typer.Option(
        "--scope", metavar="SCOPE", help="read, deploy, files, settings, logs, admin; may be repeated."
    ),
]
Days = Annotated[int | None, typer.Option("--days", metavar="N", min=1, help="Until it expires.")]
TokenName = Annotated[str, typer.Option("--name", metavar="TEXT", help="What it is for.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `token list` shows it.")]


def publish_profile(
    name: words.Name = None,
    output: Out = None,
    new_password: NewPassword = False,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
) -> None:
    """Print a site's publish profile, for GitHub's deploy action and other tools. It holds a password.

    [bold]Examples[/bold]

      webstead site publish-profile shop -o shop.PublishSettings
      webstead site publish-profile shop --new-password
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.client.sites import publish_profile as read

    with site_api(chosen(name, home, profile, url)) as site:
        text = read(site, renew=new_password)
    if output is None:
        typer.echo(text, nl=False)
        return
    _write(output, text)
    typer.echo(f"Written: {output}. It holds a password: keep it out of version control.")


def _write(path: Path, text: str) -> None:
    """Raises UsageError."""
    from webstead.effects.files import write_atomically
    from webstead.errors import UsageError

    try:
        write_atomically(path, text.encode(), 0o600)
    except OSError as error:
        what, fix = f"{path} cannot be written.", "Name a file in a folder that is there."
        raise UsageError(what, found=error.strerror or str(error), fix=fix) from None


@application.command("make")
def make(
    site: options.Site = None,
    scope: Scope = None,
    name: TokenName = "",
    days: Days = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Make a token and print it: it is told this once. It may read and deploy, unless scopes are given.

    [bold]Examples[/bold]

      webstead site token make --site shop --scope deploy --scope read --name ci --days 90
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.client.sites import make_token

    with site_api(chosen(site, home, profile, url)) as api:
        made, text = make_token(api, name or "webstead", scope or ("read", "deploy"), days)
    if json:
        print_json({**made.as_json(), "token": text.reveal()})
    else:
        typer.echo(text.reveal())


@application.command("list")
def list_(
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """List the tokens, without their texts.

    [bold]Examples[/bold]

      webstead site token list --site shop
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.cli.tables import rows, when
    from webstead.client.sites import list_tokens

    with site_api(chosen(site, home, profile, url)) as api:
        found = list_tokens(api)
    if json:
        print_json([token.as_json() for token in found])
        return
    cells = [
        (each.id, each.name, ",".join(each.scopes), f"expires {when(each.expires) or 'never'}")
        for each in found
    ]
    typer.echo("\n".join(rows(cells)) if cells else "There is no token.")


@application.command()
def delete(
    token: Id,
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Refuse a token from now on.

    [bold]Examples[/bold]

      webstead site token delete 3f9c --site shop
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.client.sites import delete_token

    with site_api(chosen(site, home, profile, url)) as api:
        delete_token(api, token)
    if json:
        print_json({"deleted": token})
    else:
        typer.echo(f"Deleted: {token}")
