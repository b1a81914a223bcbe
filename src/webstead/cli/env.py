"""`webstead env list|prune`: the environments that builds have left, and which of them may go."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options
from webstead.cli.groups import group

if TYPE_CHECKING:
    from webstead.build.kept import Kept, Pruned

__all__ = ["application"]

DAYS = 30

application = group("env", "The environments that builds made: sites with equal packages share one.")

Days = Annotated[
    int,
    typer.Option("--older-than", metavar="DAYS", min=0, help="How long stays what no site is built with."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")]


@application.command("list")
def list_(json: options.Json = False) -> None:
    """List the environments: Python, size, when each was last used, and by which sites.

    A size is that of all files; "own" is what a removal would free, as packages are shared with uv's cache
    where the disk can.

    [bold]Examples[/bold]

      webstead env list
      webstead env list --json
    """
    from webstead.build.kept import look
    from webstead.site.layout import default_cache

    cache = default_cache()
    found = look(cache)
    if json:
        data = {"version": 1, "cache": str(cache), "environments": [kept.as_json() for kept in found]}
        typer.echo(jsonlib.dumps(data, indent=1))
        return
    for kept in found:
        typer.echo("\n".join(_lines(kept)))
    typer.echo(_total(len(found), sum(kept.size for kept in found), cache))


@application.command()
def prune(older_than: Days = DAYS, dry_run: DryRun = False, json: options.Json = False) -> None:
    """Remove environments that no site is built with and nobody used for some time, and what interrupted
    builds left.

    What runs, what is being built, and what a project that is still there was last built with stays,
    whatever its age. What is removed is built again when it is wanted.

    [bold]Examples[/bold]

      webstead env prune --dry-run         what would go
      webstead env prune                   what nobody used for 30 days
      webstead env prune --older-than 0    whatever no site is built with
    """
    import sys
    from datetime import timedelta

    from webstead.build.kept import prune as remove
    from webstead.effects.clock import SystemClock
    from webstead.site.layout import default_cache

    cache = default_cache()
    done = remove(cache, SystemClock().now(), timedelta(days=older_than), dry_run=dry_run)
    if json:
        typer.echo(jsonlib.dumps({**_as_json(done), "dry_run": dry_run, "cache": str(cache)}, indent=1))
    else:
        typer.echo("\n".join(_pruned(done, dry_run=dry_run)))
    if done.kept_back:
        sys.exit(5)


def _lines(kept: Kept) -> Iterator[str]:
    from webstead.cli.report.progress import size_text

    python = f"Python {kept.python}" if kept.python else kept.state
    sizes = f"{size_text(kept.size)}, own {size_text(kept.own)}"
    used = f"used {kept.used.astimezone():%Y-%m-%d %H:%M}"
    running = f", running: {', '.join(map(str, kept.running))}" if kept.running else ""
    yield f"{kept.key}  {python:<16} {sizes:<24} {used}{running}"
    yield from (f"    {holder}" for holder in kept.holders)


def _total(count: int, size: int, cache: Path) -> str:
    from webstead.cli.report.progress import size_text

    return f"{count} environment{'' if count == 1 else 's'}, {size_text(size)}, in {cache / 'environments'}"


def _pruned(done: Pruned, *, dry_run: bool) -> Iterator[str]:
    from webstead.cli.report.progress import size_text

    failed = dict(done.kept_back)
    word = "Would go" if dry_run else "Removed"
    for kept, decided in done.environments:
        label = (word if kept.path not in failed else "Failed") if decided.goes else "Kept"
        why = failed.get(kept.path, decided.why)
        yield f"{label:<11}{kept.key}: {why}"
    yield from (f"{word:<11}{path}: nothing uses it" for path in done.aside)
    yield f"{'Would free' if dry_run else 'Freed':<11}{size_text(done.freed)}"


def _as_json(done: Pruned) -> dict[str, object]:
    failed = dict(done.kept_back)
    return {
        "version": 1,
        "environments": [
            {
                **kept.as_json(),
                "removed": decided.goes and kept.path not in failed,
                "why": failed.get(kept.path, decided.why),
            }
            for kept, decided in done.environments
        ],
        "aside": list(done.aside),
        "freed": done.freed,
    }
