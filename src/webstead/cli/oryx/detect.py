"""`oryx detect`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli.oryx import options

__all__ = ["detect"]


def detect(
    source: options.Source = Path(),
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FORMAT", help="json or table.", show_default="table")
    ] = "table",
    log_file: options.LogFile = None,
    debug: options.Debug = False,
) -> None:
    """Say what a folder holds. Settings of the environment and of build.env count, as they do in a build.

    Exit code 0, also when nothing is detected.
    """
    import os

    from webstead.cli.oryx.decision import plan_tree
    from webstead.cli.oryx.detection import detect_python
    from webstead.cli.oryx.request import Asked, read_request
    from webstead.cli.report import reporter
    from webstead.errors import UsageError
    from webstead.formats.oryx import detection_json, detection_table
    from webstead.formats.oryx.detection import FORMATS
    from webstead.plan import as_text

    if output.lower() not in FORMATS:
        raise UsageError(
            f"Unsupported output format: '{output}'. Supported output formats are: {', '.join(FORMATS)}.",
            fix="Write --output json.",
        )
    request = read_request(source, Asked(), os.environ)
    plan, _, project = plan_tree(request.tree, request.overrides())
    found = detect_python(request.tree, project, request.configuration)
    detections = [found] if found else []
    text = detection_json(detections) if output.lower() == "json" else detection_table(detections)
    with reporter(json=False, log_file=log_file) as emit:
        from webstead.events import Note

        if not found:
            sys.stderr.write(
                f"No platforms and versions detected from source directory: '{request.source}'\n"
            )
        emit(Note("info", text))
        if debug:
            sys.stderr.write(as_text(plan))
