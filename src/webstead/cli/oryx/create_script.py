"""`oryx create-script`, whose flags are Go's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer._click import Context, Parameter
from typer.core import TyperCommand, TyperOption

if TYPE_CHECKING:
    from webstead.formats.oryx import Startup
    from webstead.formats.oryx.flags import Flag

__all__ = ["GoCommand", "aside", "create_script", "write_script"]

_FLAGS = "webstead.oryx.flags"
_HELP = frozenset({"-h", "-help", "--help"})


class GoCommand(TyperCommand):
    """A command that reads its words as a program written in Go does."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        from webstead.formats.oryx.flags import FLAGS

        own = super().get_params(ctx)
        return [*(_parameter(flag) for flag in FLAGS), *own]

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        from webstead.formats.oryx.flags import FlagError, read_flags

        if _HELP.intersection(args):
            typer.echo(ctx.get_help())
            ctx.exit()
        if not ctx.resilient_parsing:
            try:
                ctx.meta[_FLAGS] = read_flags(args)
            except FlagError as error:
                ctx.fail(str(error))
        ctx.args = []
        return []


def _parameter(flag: Flag) -> TyperOption:
    """For the help."""
    return TyperOption(
        param_decls=[f"-{flag.name}"],
        metavar=flag.metavar or None,
        is_flag=not flag.metavar,
        default=flag.default if flag.metavar and flag.default else None,
        help=flag.doc,
        expose_value=False,
    )


def create_script(context: typer.Context) -> None:
    """Write the script that starts a built app: as the build recorded it, or as its files have it.

    Gunicorn's options, the port and PRE_RUN_COMMAND are read when the script runs.

    [bold]Examples[/bold]

      oryx create-script -appPath /home/site/wwwroot -output run.sh -virtualEnvName antenv
      oryx create-script -appPath . -userStartupCommand 'gunicorn shop.wsgi'
    """
    import os

    from webstead.cli.oryx.starting import start_of
    from webstead.formats.oryx.flags import Flags

    flags = context.meta.get(_FLAGS, Flags())
    if flags.rest:
        sys.stderr.write(f"warning: These words are passed over: {' '.join(flags.rest)}\n")
    started = start_of(flags, os.environ, aside)
    output = Path(flags.text("output"))
    write_script(started.startup, output)
    for line in started.says:
        typer.echo(line)
    typer.echo(f"Startup script written to '{output.absolute()}'")


def aside(text: str) -> None:
    """On standard error: standard output may be the script's."""
    sys.stderr.write(f"{text}\n")


def write_script(startup: Startup, output: Path) -> None:
    """Raises UsageError when it cannot be written."""
    from webstead.effects.files import write_atomically
    from webstead.errors import UsageError
    from webstead.formats.oryx import startup_script

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(output.absolute(), startup_script(startup).encode("utf-8", "surrogateescape"), 0o755)
    except OSError as error:
        raise UsageError(
            f"The script cannot be written: {output}", found=str(error), fix="Correct -output."
        ) from None
