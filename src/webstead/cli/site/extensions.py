"""`webstead site extensions list|install|remove`: packages that are installed beside a site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_site
from webstead.cli.asking import Yes
from webstead.cli.groups import group

if TYPE_CHECKING:
    from webstead.client import Api
    from webstead.events import Event

__all__ = ["application"]

application = group("extensions", "A site's extensions: packages (.nupkg) that are installed beside it.")

Package = Annotated[Path, typer.Argument(metavar="FILE", help="The package, a .nupkg.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The id of the package.")]
Arguments = Annotated[str, typer.Option("--arguments", metavar="WORDS", help="Words for its install script.")]


@application.command("list")
@about_site
def list_(site: Api, *, json: bool) -> None:
    """List them.

    [bold]Examples[/bold]

      webstead site extensions list --site shop
      webstead site extensions list --profile shop.PublishSettings --json
    """
    from webstead.cli.as_json import print_json
    from webstead.cli.tables import rows, when
    from webstead.client.extensions import list_extensions

    found = list_extensions(site)
    if json:
        print_json([each.as_json() for each in found])
    elif found:
        typer.echo(
            "\n".join(rows([(each.id, each.version, each.state, when(each.installed)) for each in found]))
        )
    else:
        typer.echo("No extensions.")


@application.command()
@about_site
def install(site: Api, file: Package, arguments: Arguments = "", *, json: bool) -> None:
    """Install a package, or put it in the place of another version, also of a newer one. When that fails,
    what was installed before stays.

    [bold]Examples[/bold]

      webstead site extensions install hello.1.0.0.nupkg --site shop
      webstead site extensions install hello.1.0.0.nupkg --arguments "--quiet" --url https://shop.scm.example.org
    """
    from webstead.cli.as_json import print_json
    from webstead.cli.report import reporter
    from webstead.cli.sending import uploading
    from webstead.client.extensions import install_extension
    from webstead.site.extensions.package import nuspec_in

    nuspec = nuspec_in(file, file.name)
    size = file.stat().st_size
    with reporter(json=False) as emit, file.open("rb") as opened:
        told = _untold if json else emit
        with uploading(site, opened, size, told) as pieces:
            made = install_extension(site, nuspec.id, pieces, size, arguments)
    if json:
        print_json(made.as_json())
        return
    typer.echo(f"Installed {made.id} {made.version} in {made.path}")
    if made.comment:
        typer.echo(made.comment)


@application.command()
@about_site
def remove(site: Api, extension: Id, yes: Yes = False, *, json: bool) -> None:
    """Take one away, with its files.

    [bold]Examples[/bold]

      webstead site extensions remove hello --site shop          asks first
      webstead site extensions remove hello --site shop --yes
    """
    from webstead.cli.as_json import print_json
    from webstead.cli.asking import confirm
    from webstead.client.extensions import remove_extension

    if not yes:
        command = site.place.command("site", "extensions", "remove", extension, "--yes")
        confirm(f"{extension} goes with all its files.", f"Without a question: {command}")
    remove_extension(site, extension)
    if json:
        print_json({"removed": extension})
    else:
        typer.echo(f"Removed {extension}")


def _untold(event: Event) -> None:
    """With --json the answer is one value, and no events."""
