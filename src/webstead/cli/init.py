"""`webstead init`: files that a project keeps."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli import options

__all__ = ["init"]

_WHAT = typer.Argument(metavar="web.config", help="The file to write.")
_FOR = typer.Option("--for", metavar="MODULE", help="fastcgi, httpplatform or aspnetcore: the module of IIS.")
_FORCE = typer.Option("--force", help="Overwrite a file that is there.")
_PRINT = typer.Option("--print", help="Print the file, write nothing.")


def init(
    what: Annotated[str, _WHAT],
    folder: options.Folder = Path(),
    module: Annotated[str, _FOR] = "fastcgi",
    force: Annotated[bool, _FORCE] = False,
    print_: Annotated[bool, _PRINT] = False,
    app: options.App = None,
    command: options.Command = None,
    json: options.Json = False,
) -> None:
    """Write a commented, minimal web.config for a project: the one of its plan, for you to keep and change.

    [bold]Examples[/bold]

      webstead init web.config                                   the gateway runs the app, by FastCGI
      webstead init web.config mysite --for httpplatform         a process that serves HTTP itself
      webstead init web.config --for aspnetcore --print
    """
    from webstead.effects.files import write_atomically
    from webstead.errors import UsageError
    from webstead.plan import Overrides
    from webstead.plan.init import FOR, initial_web_config
    from webstead.site.layout import default_state, find_layout
    from webstead.site.prepare import plan_site

    if what.lower() != "web.config":
        raise UsageError(f"{what} cannot be made", found=what, fix="Write: webstead init web.config")
    wanted = next((known for known in FOR if known == module.lower()), None)
    if wanted is None:
        fix = f"Write one of {', '.join(FOR)}."
        raise UsageError("There is no such module", found=f"--for {module}", fix=fix)
    layout = find_layout(folder, default_state())
    initial = initial_web_config(plan_site(layout, Overrides(app, command)), wanted)
    there = next((path for path in layout.wwwroot.iterdir() if path.name.lower() == "web.config"), None)
    path = there or layout.wwwroot / "web.config"
    if print_:
        typer.echo(initial.text, nl=False)
        return
    if there is not None and not force:
        raise UsageError(
            "There is a web.config already",
            found=str(there),
            fix="Print the new one with --print, or overwrite it with --force.",
        )
    write_atomically(path, initial.text.encode())
    if json:
        typer.echo(jsonlib.dumps({"written": str(path), "for": wanted, "needs": initial.needs or None}))
        return
    typer.echo(f"Written: {path}")
    if initial.needs:
        typer.echo(f"It runs {initial.needs}: add it to the app's requirements.")
    typer.echo(f"Try it: webstead up {folder}")
