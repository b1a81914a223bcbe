"""`webstead site publish-profile`, and `token make|list|delete`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_named_site, about_site
from webstead.cli.asking import Yes
from webstead.cli.groups import group

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["application", "publish_profile"]

application = group("token", "Bearer tokens for a site's management, with scopes.")

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
        "--scope",
        metavar="SCOPE",
        help="read, deploy (includes read), files, settings, logs, admin; may be repeated.",
    ),
]
Days = Annotated[int | None, typer.Option("--days", metavar="N", min=1, help="Until it expires.")]
TokenName = Annotated[str, typer.Option("--name", metavar="TEXT", help="What it is for.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `token list` shows it, or the beginning of it.")]


@about_named_site
def publish_profile(
    site: Api, output: Out = None, new_password: NewPassword = False, yes: Yes = False, *, json: bool
) -> None:
    """Print a site's publish profile, for GitHub's deploy action and other tools. It holds a password.

    With --json its user, password and addresses, for scripts that take them one by one.

    [bold]Examples[/bold]

      webstead site publish-profile shop -o shop.PublishSettings
      webstead site publish-profile shop --new-password     asks first: the old one is refused from then on
      webstead site publish-profile shop --json
    """
    from webstead.cli.as_json import json_text
    from webstead.cli.asking import confirm
    from webstead.cli.unserved import unserved
    from webstead.client.sites import publish_profile as read

    if new_password and not yes:
        command = site.place.command("site", "publish-profile", "--new-password", "--yes")
        confirm(
            "Who deploys by the present password is refused from then on.", f"Without a question: {command}"
        )
    text = read(site, renew=new_password)
    if note := unserved(site, "so its addresses may become others"):
        typer.echo(note, err=True)
    if json:
        text = json_text(_members(text)) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    _write(output, text)
    typer.echo(f"Written: {output}. It holds a password: keep it out of version control.")


def _members(text: str) -> dict[str, object]:
    """Of the profile that git, curl and GitHub's action take."""
    from webstead.formats.webdeploy import read_profiles

    found = read_profiles(text.encode(), "the publish profile")[0]
    name = found.user.removeprefix("$")
    return {
        "user": found.user,
        "password": found.password.reveal(),
        "management_url": found.url,
        "git_url": f"{found.url}/{name}.git",
        "site_url": found.url_of_app,
    }


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
@about_site
def make(site: Api, scope: Scope = None, name: TokenName = "", days: Days = None, *, json: bool) -> None:
    """Make a token and print it: it is told this once. It may read and deploy, unless scopes are given.

    [bold]Examples[/bold]

      webstead site token make --site shop --scope deploy --name ci --days 90
    """
    from webstead.cli.as_json import print_json
    from webstead.client.sites import make_token

    made, text = make_token(site, name or "webstead", scope or ("read", "deploy"), days)
    if json:
        print_json({**made.as_json(), "token": text.reveal()})
    else:
        typer.echo(text.reveal())


@application.command("list")
@about_site
def list_(site: Api, *, json: bool) -> None:
    """List the tokens, without their texts.

    [bold]Examples[/bold]

      webstead site token list --site shop
    """
    from webstead.cli.as_json import print_json
    from webstead.cli.tables import rows, when
    from webstead.client.sites import list_tokens

    found = list_tokens(site)
    if json:
        print_json([token.as_json() for token in found])
        return
    cells = [
        (each.id, each.name, ",".join(each.scopes), f"expires {when(each.expires) or 'never'}")
        for each in found
    ]
    typer.echo("\n".join(rows(cells)) if cells else "There is no token.")


@application.command()
@about_site
def delete(site: Api, token: Id, *, json: bool) -> None:
    """Refuse a token from now on.

    [bold]Examples[/bold]

      webstead site token delete 3f9c --site shop
    """
    from webstead.cli.as_json import print_json
    from webstead.client.short_ids import whole_id
    from webstead.client.sites import delete_token, list_tokens

    fix = f"Take an id of: {site.place.command('site', 'token', 'list')}"
    whole = whole_id(token, (each.id for each in list_tokens(site)), noun="token", fix=fix)
    delete_token(site, whole)
    if json:
        print_json({"deleted": whole})
    else:
        typer.echo(f"Deleted: {whole}")
