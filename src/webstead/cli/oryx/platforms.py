"""`oryx platforms`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webstead.cli.oryx import options

__all__ = ["platforms"]


def platforms(
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    log_file: options.LogFile = None,
    debug: options.Debug = False,
) -> None:
    """List the platforms, the versions of each on this machine, and the properties that a build takes.

    A version that is not listed is fetched when a build asks for it, where uv may do so.
    """
    import json as jsonlib
    import os

    from webstead.cli.oryx.pythons import finder, supported_versions
    from webstead.cli.report import reporter
    from webstead.events import Note
    from webstead.formats.oryx import SETTINGS

    versions = supported_versions(finder(Path.cwd(), os.environ, lambda text: None))
    properties = {setting.name: setting.doc for setting in SETTINGS if setting.kind == "property"}
    with reporter(json=False, log_file=log_file) as emit:
        if json:
            data = [{"Name": "python", "Versions": versions, "Properties": properties}]
            emit(Note("info", jsonlib.dumps(data, indent=2)))
            return
        emit(Note("info", "Platform: python"))
        emit(Note("info", f"Versions: {', '.join(versions) or 'none'}"))
        emit(Note("info", "Properties:"))
        for name, doc in properties.items():
            emit(Note("info", f"  {name}: {doc}"))
