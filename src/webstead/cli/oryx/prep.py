"""`oryx prep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.oryx import options

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["prep"]


def prep(
    source: options.SourceOption = Path(),
    skip_detection: Annotated[
        bool, typer.Option("--skip-detection", help="Take what is named, without looking.")
    ] = False,
    versions: Annotated[
        str, typer.Option("--platforms-and-versions", metavar="NAME=VERSION,…", help="As python=3.11.")
    ] = "",
    versions_file: Annotated[
        Path | None,
        typer.Option("--platforms-and-versions-file", metavar="FILE", help="The same, a line each."),
    ] = None,
    log_file: options.LogFile = None,
    debug: options.Debug = False,
) -> None:
    """See that the Pythons of a folder, or those that are named, are on this machine. Builds nothing.

    [bold]Examples[/bold]

      oryx prep -s src
      oryx prep --skip-detection --platforms-and-versions python=3.11
    """
    import os

    from webstead.cli.oryx.decision import decide
    from webstead.cli.oryx.pythons import chosen_version, finder, interpreter_for
    from webstead.cli.oryx.request import Asked, read_request
    from webstead.cli.report import reporter
    from webstead.errors import UsageError
    from webstead.events import Note

    wanted = [*_named(versions.split(",")), *_named(_lines(versions_file))]
    if skip_detection and not wanted:
        raise UsageError(
            "Cannot use --skip-detection without naming platforms and versions.",
            fix="Add: --platforms-and-versions python=3.11",
        )
    with reporter(json=False, log_file=log_file) as emit:
        pythons = finder(Path.cwd(), os.environ, lambda text: emit(Note("info", text)))
        for platform, version in wanted:
            read_request(source, Asked(platform), os.environ)
            found = interpreter_for(chosen_version(version, pythons), "cpython", pythons)
            emit(Note("info", f"python: {found.version} ({found.base})"))
        if not wanted:
            python = decide(read_request(source, Asked(), os.environ), emit, skip=False).plan.python
            found = interpreter_for(python.version, python.implementation, pythons)
            emit(Note("info", f"python: {found.version} ({found.base})"))


def _named(texts: list[str]) -> Iterator[tuple[str, str]]:
    for text in filter(None, map(str.strip, texts)):
        name, _, version = text.partition("=")
        yield name.strip(), version.strip()


def _lines(path: Path | None) -> list[str]:
    from webstead.errors import UsageError

    if path is None:
        return []
    try:
        return [line.partition("#")[0] for line in path.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.", found=str(error), fix="Correct the path.") from None
