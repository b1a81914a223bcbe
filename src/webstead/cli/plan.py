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

    from webstead.plan import Overrides, Plan

__all__ = ["plan"]

_PROJECT = typer.Argument(
    metavar="DIR|ZIP", help="The folder of the project or site, or a zip of one.", show_default="this folder"
)
_REF = typer.Option(
    "--ref", metavar="REV", help="Read a commit, branch or tag of the folder's git repository, as committed."
)
_DIFF = typer.Option(
    "--diff",
    metavar="OLD",
    help="Print only what changed since OLD: a plan kept as JSON, a zip, or a revision of the repository.",
)


def plan(
    project: Annotated[Path, _PROJECT] = Path(),
    app: options.App = None,
    command: options.Command = None,
    runtime: options.Runtime = None,
    workers: options.Workers = None,
    threads: options.Threads = None,
    env: options.Env = None,
    env_file: options.EnvFile = None,
    ref: Annotated[str | None, _REF] = None,
    diff: Annotated[Path | None, _DIFF] = None,
    json: options.Json = False,
) -> None:
    """Print what `up` would do with a folder, a zip or a commit, and why. Starts nothing, writes nothing.

    Exit code 0 with a start command, 3 without. With --diff: 0 when nothing changed, 1 when something did.

    [bold]Examples[/bold]

      webstead plan                        this folder, for people
      webstead plan mysite --json          the same as data: fields are described in the reference
      webstead plan app.zip                a zip, without unpacking it
      webstead plan --ref v1.2             a commit, without checking it out
      webstead plan --diff OLD.json        what changed since `webstead plan --json > OLD.json`
      webstead plan --diff HEAD            what changed since the last commit
    """
    from webstead.errors import WebsteadError
    from webstead.plan import Overrides, as_json, as_text
    from webstead.plan.diff import diff_as_json, diff_as_text, diff_plans
    from webstead.plan.model import JSON_VERSION
    from webstead.site.environ import read_settings

    try:
        settings = read_settings(env or (), env_file or ())
        overrides = Overrides(app, command, runtime, workers, threads, settings)
        old = None if diff is None else _old_plan(diff, project, overrides)
        made = _plan_of(project, ref, overrides)
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


def _plan_of(project: Path, ref: str | None, overrides: Overrides) -> Plan:
    """The plan; the folder of a zip that was entered is said beside it. Raises what reading raises."""
    from webstead.site.prepare import plan_tree
    from webstead.site.source import open_source

    with open_source(project, ref) as source:
        if source.entered:
            typer.echo(
                f"{project} holds one folder, {source.entered}: the plan is of what is in it.", err=True
            )
        return plan_tree(source.tree, overrides)


def _old_plan(old: Path, project: Path, overrides: Overrides) -> Mapping[str, object]:
    """Raises UsageError."""
    from webstead.plan import as_json
    from webstead.plan.diff import read_plan_json
    from webstead.site.source import is_meant_as_zip

    if not old.is_file():
        return as_json(_old_revision(old, project, overrides))
    if is_meant_as_zip(old):
        return as_json(_plan_of(old, None, overrides))
    return read_plan_json(_bytes_of(old), str(old))


def _old_revision(old: Path, project: Path, overrides: Overrides) -> Plan:
    from webstead.errors import UsageError

    try:
        return _plan_of(project, str(old), overrides)
    except UsageError as error:
        raise UsageError(
            f"There is no file {old}, and no revision of that name.",
            found=f"{error.what} {error.found}",
            fix="Name a file that was made with: webstead plan --json > OLD.json; or a commit, branch, tag.",
        ) from None


def _bytes_of(path: Path) -> bytes:
    from webstead.errors import UsageError

    try:
        return path.read_bytes()
    except OSError as error:
        fix = "Name a file that was made with: webstead plan --json > OLD.json"
        raise UsageError(f"{path} cannot be read.", found=error.strerror or "", fix=fix) from None
