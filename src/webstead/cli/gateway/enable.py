"""`webstead gateway enable` and `disable`: IIS's list of FastCGI applications."""

from __future__ import annotations

import json as jsonlib
import os
from typing import Annotated

import typer

from webstead.cli import options as common
from webstead.cli.gateway import options

__all__ = ["disable", "enable"]

IisPython = Annotated[
    str,
    typer.Option(
        "--python",
        metavar="PATH",
        help="The app's python.exe, in its environment.",
        show_default="the one that runs webstead",
    ),
]
Appcmd = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORD",
        help="IIS's tool, when it is not where Windows has it; repeated for each word that it always needs, "
        "such as /apphostconfig:FILE for IIS Express.",
        show_default=False,
    ),
]
MaxInstances = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        max=10_000,
        help="Processes in each application pool; 0: one for each core.",
        show_default="as IIS has it",
    ),
]
MaxRequests = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=10_000_000,
        help="IIS replaces a process after so many requests.",
        show_default="as IIS has it: 200",
    ),
]
SiteConfig = Annotated[
    str,
    typer.Option(
        metavar="MODULE:APP", help="Print a whole web.config for this app, too.", show_default=False
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="-- OPTIONS", help="Options of the gateway, such as --errors always.", show_default=False
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the commands, on any system, and run nothing.")
]


def enable(
    words: Words = None,
    python: IisPython = "",
    gateway: options.Gateway = "",
    appcmd: Appcmd = None,
    max_instances: MaxInstances = None,
    max_requests: MaxRequests = None,
    site_config: SiteConfig = "",
    dry_run: DryRun = False,
    json: common.Json = False,
) -> None:
    """Tell IIS that this Python, running the gateway, may answer requests, as wfastcgi-enable did.

    Prints what a web.config says to use it, and the permissions that an application pool needs. What is
    registered already stays as it is.

    [bold]Examples[/bold]

      webstead gateway enable
      webstead gateway enable --max-instances 8 --max-requests 100000
      webstead gateway enable -- --errors always --access-log C:/logs/shop.log
      webstead gateway enable --dry-run --python C:/shop/.venv/Scripts/python.exe
    """
    from webstead.attach import register
    from webstead.cli.gateway import registration
    from webstead.cli.gateway.paths import foreign_hint
    from webstead.cli.gateway.words import checked
    from webstead.effects import run
    from webstead.formats import appcmd as iis

    paths = registration.Paths.of(python, gateway)
    application = iis.make_application(
        paths.python, paths.gateway, checked(words), max_instances=max_instances, max_requests=max_requests
    )
    tool = register.appcmd_words(appcmd or (), os.environ, dry_run=dry_run)
    whole = registration.web_config(paths, site_config, words)
    report = registration.Report(
        "to register" if dry_run else register.enable(application, tool, run),
        application.script_processor,
        (*tool, *iis.add_words(application)),
        registration.grants(paths),
        whole,
    )
    if hint := foreign_hint(paths.python, paths.gateway):
        typer.echo(hint, err=True)
    typer.echo(jsonlib.dumps(report.as_json()) if json else report.as_text())


def disable(
    words: Words = None,
    python: IisPython = "",
    gateway: options.Gateway = "",
    appcmd: Appcmd = None,
    dry_run: DryRun = False,
    json: common.Json = False,
) -> None:
    """Take what `webstead gateway enable` registered, by the same options, out of IIS's list again.

    [bold]Examples[/bold]

      webstead gateway disable
      webstead gateway disable --dry-run
    """
    from webstead.attach import register
    from webstead.cli.gateway import registration
    from webstead.cli.gateway.words import checked
    from webstead.effects import run
    from webstead.formats import appcmd as iis

    paths = registration.Paths.of(python, gateway)
    application = iis.make_application(paths.python, paths.gateway, checked(words))
    tool = register.appcmd_words(appcmd or (), os.environ, dry_run=dry_run)
    report = registration.Report(
        "to remove" if dry_run else register.disable(application, tool, run),
        application.script_processor,
        (*tool, *iis.remove_words(application)),
    )
    typer.echo(jsonlib.dumps(report.as_json()) if json else report.as_text())
