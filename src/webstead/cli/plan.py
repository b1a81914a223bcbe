"""`webstead plan`: every decision, its evidence, what lost and why."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path

import typer

from webstead.cli import options

__all__ = ["plan"]


def plan(
    folder: options.Folder = Path(),
    app: options.App = None,
    command: options.Command = None,
    runtime: options.Runtime = None,
    workers: options.Workers = None,
    threads: options.Threads = None,
    env: options.Env = None,
    env_file: options.EnvFile = None,
    json: options.Json = False,
) -> None:
    """Print what `up` would do with a folder, and why. Starts nothing, writes nothing.

    Exit code 0 with a start command, 3 without.

    [bold]Examples[/bold]

      webstead plan                        this folder, for people
      webstead plan mysite --json          the same as data: fields are described in the reference
    """
    from webstead.errors import WebsteadError
    from webstead.plan import Overrides, as_json, as_text
    from webstead.plan.model import JSON_VERSION
    from webstead.site.environ import read_settings
    from webstead.site.layout import default_state, find_layout
    from webstead.site.prepare import plan_site

    try:
        settings = read_settings(env or (), env_file or ())
        overrides = Overrides(app, command, runtime, workers, threads, settings)
        made = plan_site(find_layout(folder, default_state()), overrides)
    except WebsteadError as error:
        if not json:
            raise
        typer.echo(jsonlib.dumps({"version": JSON_VERSION, "error": error.as_json()}, indent=2))
        sys.exit(error.exit_code)
    typer.echo(jsonlib.dumps(as_json(made), indent=2) if json else as_text(made))
    sys.exit(0 if made.start else 3)
