"""`webstead gateway bundle`: the gateway as one file."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli import options

__all__ = ["bundle"]

FILE = Path("webstead-gateway.pyz")

_USES = """\
Try it:     python {file} --help
IIS:        webstead gateway enable --gateway {file}
spawn-fcgi: spawn-fcgi -s /run/app.sock -d APPFOLDER -- {file} module:app
"""


def bundle(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = FILE,
    python: Annotated[
        str, typer.Option(metavar="WORDS", help="What runs the file when it is started as a program.")
    ] = "/usr/bin/env python3",
    json: options.Json = False,
) -> None:
    """Write the gateway as one file that runs under any Python from 3.9 on, and PyPy, without anything else.

    The file belongs to no environment: copy it to any machine, and start it with the app's own Python. The
    same version of Webstead always writes the same bytes.

    [bold]Examples[/bold]

      webstead gateway bundle
      webstead gateway bundle -o /srv/gateway.pyz --python /srv/shop/.venv/bin/python
    """
    from webstead.attach.bundle import write_bundle

    made = write_bundle(output, python)
    if json:
        typer.echo(jsonlib.dumps(made.as_json()))
        return
    typer.echo(f"Written:    {made.path} ({made.size:,} bytes, sha256 {made.sha256[:16]}…)")
    typer.echo(_USES.format(file=made.path), nl=False)
