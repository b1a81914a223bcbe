"""`webstead plan`: every decision, its evidence, what lost and why."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["plan"]

_DIFF = typer.Option(
    "--diff", metavar="OLD.json", help="Print only what changed since a plan that was kept as JSON."
)


def plan(
    folder: options.Folder = Path(),
    app: options.App = None,
    command: options.Command = None,
    runtime: options.Runtime = None,
    workers: options.Workers = None,
    threads: options.Threads = None,
    env: options.Env = None,
    env_file: options.EnvFile = None,
    diff: Annotated[Path | None, _DIFF] = None,
    json: options.Json = False,
) -> None:
    """Print what `up` would do with a folder, and why. Starts nothing, writes nothing.

    Exit code 0 with a start command, 3 without. With --diff: 0 when nothing changed, 1 when something did.

    [bold]Examples[/bold]

      webstead plan                        this folder, for people
      webstead plan mysite --json          the same as data: fields are described in the reference
      webstead plan --diff OLD.json        what changed since `webstead plan --json > OLD.json`
    """
    from webstead.errors import WebsteadError
    from webstead.plan import Overrides, as_json, as_text
    from webstead.plan.diff import diff_as_json, diff_as_text, diff_plans
    from webstead.plan.model import JSON_VERSION
    from webstead.site.environ import read_settings
    from webstead.site.layout import default_state, find_layout
    from webstead.site.prepare import plan_site

    try:
        settings = read_settings(env or (), env_file or ())
        overrides = Overrides(app, command, runtime, workers, threads, settings)
        old = None if diff is None else _old_plan(diff)
        made = plan_site(find_layout(folder, default_state()), overrides)
    except WebsteadError as error:
        if not json:
            raise
        typer.echo(jsonlib.dumps({"version": JSON_VERSION, "error": error.as_json()}, indent=2))
        sys.exit(error.exit_code)
    if old is not None:
        differences = diff_plans(old, as_json(made))
        as_data = jsonlib.dumps(diff_as_json(differences), indent=2) + "\n"
        typer.echo(as_data if json else diff_as_text(differences), nl=False)
        sys.exit(1 if differences else 0)
    typer.echo(jsonlib.dumps(as_json(made), indent=2) if json else as_text(made))
    sys.exit(0 if made.start else 3)


def _old_plan(path: Path) -> Mapping[str, object]:
    """Raises UsageError."""
    from webstead.errors import UsageError
    from webstead.plan.diff import read_plan_json

    try:
        text = path.read_bytes()
    except OSError as error:
        fix = "Name a file that was made with: webstead plan --json > OLD.json"
        raise UsageError(f"{path} cannot be read.", found=error.strerror or "", fix=fix) from None
    return read_plan_json(text, str(path))
