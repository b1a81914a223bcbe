"""The application: its verbs, and what happens to an error that reaches the top."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import typer

import webstead
from webstead.cli import (
    build,
    check,
    deploy,
    deployments,
    env,
    explain,
    gateway,
    init,
    logs,
    oryx,
    plan,
    releases,
    rollback,
    serve,
    shell,
    site,
    up,
)
from webstead.errors import WebsteadError

__all__ = ["application", "main"]

application = typer.Typer(
    name="webstead",
    help="The home for Python web apps: from a folder of Python to a running site, in one command.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COLLECT_AFTER = 100_000
"""New objects before the collector looks at them. A command loads 400 modules, whose objects all stay: to go
through them every 700, Python's own number, takes a tenth of its time."""

VERBS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("up", up.up),
    ("serve", serve.serve),
    ("deploy", deploy.deploy),
    ("deployments", deployments.deployments),
    ("releases", releases.releases),
    ("rollback", rollback.rollback),
    ("logs", logs.logs),
    ("shell", shell.shell),
    ("plan", plan.plan),
    ("check", check.check),
    ("build", build.build),
    ("explain", explain.explain),
    ("init", init.init),
)

for _name, _verb in VERBS:
    application.command(_name, cls=build.BuildCommand if _name == "build" else None)(_verb)
application.add_typer(site.application)
application.add_typer(env.application)
application.add_typer(gateway.application)
application.add_typer(oryx.application)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"webstead {webstead.__version__}")
        raise typer.Exit


@application.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Every option can also be set by its environment variable, named in each command's help."""


def main() -> None:
    """Run the command line; the exit code is the error's own (see `webstead.errors`)."""
    gc.set_threshold(COLLECT_AFTER)
    try:
        application()
    except WebsteadError as error:
        from webstead.cli.report import error_text

        sys.stderr.write(error_text(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
