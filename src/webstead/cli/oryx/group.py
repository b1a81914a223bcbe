"""The group of commands: `oryx …` and `webstead oryx …`, the same."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer
from typer._click import ClickException, Context
from typer.core import TyperCommand, TyperGroup

from webstead.cli.oryx.build import build
from webstead.cli.oryx.build_script import build_script
from webstead.cli.oryx.buildpack_detect import buildpack_detect
from webstead.cli.oryx.create_script import GoCommand, create_script
from webstead.cli.oryx.detect import detect
from webstead.cli.oryx.dockerfile import dockerfile
from webstead.cli.oryx.exec import exec_
from webstead.cli.oryx.failure import FAILURE, oryx_code
from webstead.cli.oryx.platforms import platforms
from webstead.cli.oryx.prep import prep
from webstead.cli.oryx.run_script import run_script
from webstead.errors import WebsteadError

__all__ = ["COMMANDS", "OryxGroup", "application", "main"]


@dataclass(frozen=True, slots=True)
class OryxCommand:
    """building: it tells unsupported platforms and versions by codes of their own."""

    name: str
    run: Callable[..., None]
    building: bool = False
    kind: type[TyperCommand] = TyperCommand


COMMANDS: tuple[OryxCommand, ...] = (
    OryxCommand("build", build, building=True),
    OryxCommand("build-script", build_script, building=True),
    OryxCommand("buildpack-detect", buildpack_detect),
    OryxCommand("create-script", create_script, kind=GoCommand),
    OryxCommand("detect", detect),
    OryxCommand("dockerfile", dockerfile),
    OryxCommand("exec", exec_),
    OryxCommand("platforms", platforms),
    OryxCommand("prep", prep),
    OryxCommand("run-script", run_script),
)

_BUILDING = frozenset(command.name for command in COMMANDS if command.building)


class OryxGroup(TyperGroup):
    """Ends with Oryx's exit codes, whoever started it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: Any
    ) -> Context:
        with _usage_code():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Context) -> Any:
        try:
            with _usage_code():
                return super().invoke(ctx)
        except WebsteadError as error:
            from webstead.cli.report import error_text

            sys.stderr.write(error_text(error))
            sys.exit(oryx_code(error, building=ctx.invoked_subcommand in _BUILDING))


@contextmanager
def _usage_code() -> Iterator[None]:
    """Words that no command takes end with 1, as other failures do."""
    try:
        yield
    except ClickException as error:
        error.exit_code = FAILURE
        raise


application = typer.Typer(
    name="oryx",
    cls=OryxGroup,
    help="Oryx's commands: detect, build and start an app as scripts written for Oryx do.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _command in COMMANDS:
    application.command(_command.name, cls=_command.kind, help=inspect.getdoc(_command.run))(_command.run)


@application.callback()
def _root() -> None:
    """Each command takes what Oryx's takes; what differs is in the guide "Moving from Oryx"."""


def main() -> None:
    """The program `oryx`."""
    try:
        application()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILURE)
