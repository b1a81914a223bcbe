"""`oryx buildpack-detect`: the question of a Cloud Native Buildpack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli.oryx import options

__all__ = ["buildpack_detect"]


def buildpack_detect(
    source: options.Source = Path(),
    plan_path: Annotated[
        Path | None, typer.Option("--plan-path", metavar="FILE", help="Taken; nothing is written to it.")
    ] = None,
    platform_dir: Annotated[
        Path | None, typer.Option("--platform-dir", metavar="DIR", help="Taken, and not read.")
    ] = None,
    log_file: options.LogFile = None,
    debug: options.Debug = False,
) -> None:
    """Say by the exit code whether a folder can be built: 0 when it can, 100 when it cannot."""
    import os

    from webstead.cli.oryx.decision import plan_tree
    from webstead.cli.oryx.detection import detect_python
    from webstead.cli.oryx.failure import NOTHING_DETECTED
    from webstead.cli.oryx.request import Asked, read_request
    from webstead.cli.report import reporter
    from webstead.events import Note

    request = read_request(source, Asked(), os.environ)
    _, _, project = plan_tree(request.tree, request.overrides())
    found = detect_python(request.tree, project, request.configuration)
    with reporter(json=False, log_file=log_file) as emit:
        version = f" {found.version}" if found and found.version else ""
        emit(Note("info", f"python{version}" if found else "No platform was detected."))
    sys.exit(0 if found else NOTHING_DETECTED)
