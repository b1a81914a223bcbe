"""`webstead site extensions list|install|remove`: packages that are installed beside a site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli import options

__all__ = ["application"]

application = typer.Typer(
    name="extensions",
    help="A site's extensions: packages (.nupkg) that are installed beside it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)

Package = Annotated[Path, typer.Argument(metavar="FILE", help="The package, a .nupkg.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The id of the package.")]
Arguments = Annotated[str, typer.Option("--arguments", metavar="WORDS", help="Words for its install script.")]


@application.command("list")
def list_(
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """List them.

    [bold]Examples[/bold]

      webstead site extensions list --site shop
      webstead site extensions list --profile shop.PublishSettings --json
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.cli.tables import rows, when
    from webstead.client.extensions import list_extensions

    with site_api(chosen(site, home, profile, url)) as api:
        found = list_extensions(api)
    if json:
        print_json([each.as_json() for each in found])
    elif found:
        typer.echo(
            "\n".join(rows([(each.id, each.version, each.state, when(each.installed)) for each in found]))
        )
    else:
        typer.echo("No extensions.")


@application.command()
def install(
    file: Package,
    arguments: Arguments = "",
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Install a package, or put it in the place of another version, also of a newer one. When that fails,
    what was installed before stays.

    [bold]Examples[/bold]

      webstead site extensions install hello.1.0.0.nupkg --site shop
      webstead site extensions install hello.1.0.0.nupkg --arguments "--quiet" --url https://shop.scm.example.org
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.client.extensions import install_extension
    from webstead.site.extensions.package import nuspec_in

    nuspec = nuspec_in(file, file.name)
    with site_api(chosen(site, home, profile, url)) as api:
        made = install_extension(api, nuspec.id, _pieces(file), file.stat().st_size, arguments)
    if json:
        print_json(made.as_json())
        return
    typer.echo(f"Installed {made.id} {made.version} in {made.path}")
    if made.comment:
        typer.echo(made.comment)


@application.command()
def remove(
    extension: Id,
    site: options.Site = None,
    home: options.Home = None,
    profile: options.Profile = None,
    url: options.Url = None,
    json: options.Json = False,
) -> None:
    """Take one away, with its files.

    [bold]Examples[/bold]

      webstead site extensions remove hello --site shop
    """
    from webstead.cli.connecting import chosen, site_api
    from webstead.cli.site.shown import print_json
    from webstead.client.extensions import remove_extension

    with site_api(chosen(site, home, profile, url)) as api:
        remove_extension(api, extension)
    if json:
        print_json({"removed": extension})
    else:
        typer.echo(f"Removed {extension}")


_PIECE = 1 << 18


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            yield piece
