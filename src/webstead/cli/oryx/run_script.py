"""`oryx run-script`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli.oryx import options

__all__ = ["run_script"]


def run_script(
    app: Annotated[
        Path, typer.Argument(metavar="APP", help="The folder of the built app.", show_default="this folder")
    ] = Path(),
    words: Annotated[
        list[str] | None, typer.Argument(metavar="-- FLAGS", help="Flags of create-script.")
    ] = None,
    platform: options.Platform = "python",
    platform_version: options.PlatformVersion = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The file to write.", show_default="standard output"
        ),
    ] = None,
    log_file: options.LogFile = None,
    debug: options.Debug = False,
) -> None:
    """Print the script that starts a built app, or write it. Flags of create-script follow `--`.

    [bold]Examples[/bold]

      oryx run-script out
      oryx run-script out -o run.sh -- -bindPort 8000
    """
    import os

    from webstead.cli.oryx.create_script import aside, write_script
    from webstead.cli.oryx.request import Asked, read_request
    from webstead.cli.oryx.starting import start_of
    from webstead.errors import UsageError
    from webstead.formats.oryx import FlagError, read_flags, startup_script

    read_request(app, Asked(platform, platform_version), os.environ)
    try:
        flags = read_flags(["-appPath", str(app), *(words or ())])
    except FlagError as error:
        raise UsageError(
            "Couldn't generate startup script.", found=str(error), fix="See: oryx create-script --help"
        ) from None
    started = start_of(flags, os.environ, aside)
    if output is None:
        sys.stdout.write(startup_script(started.startup))
        return
    write_script(started.startup, output)
    typer.echo(f"Startup script written to '{output.absolute()}'")
