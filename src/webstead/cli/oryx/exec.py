"""`oryx exec`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli.oryx import options

__all__ = ["exec_"]


def exec_(
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="For the shell.")],
    source: options.SourceOption = Path(),
    log_file: options.LogFile = None,
    debug: options.Debug = False,
) -> None:
    """Run a command in a folder, with the Python that a build of it would take, and its pip, first on PATH.

    The exit code is the command's own.

    [bold]Examples[/bold]

      oryx exec 'python --version'
      oryx exec -s src 'pip download -r requirements.txt'
    """
    import os
    import shutil
    import subprocess

    from webstead.cli.oryx.decision import decide
    from webstead.cli.oryx.environments import bare_environment
    from webstead.cli.oryx.request import Asked, read_request
    from webstead.cli.report import reporter
    from webstead.events import Event, StepOutput

    request = read_request(source, Asked(), os.environ)
    with reporter(json=False, log_file=log_file) as emit:

        def only_trouble(event: Event) -> None:
            """Standard output is the command's; what a build does anyway is not said."""
            if log_file is not None and isinstance(event, StepOutput):
                emit(event)

        plan = decide(request, only_trouble, skip=False).plan
        environment = bare_environment(plan, request.source, only_trouble)
    words = [shutil.which("bash") or "sh", "-c", command]
    done = subprocess.run(words, cwd=request.source, env=environment.variables(os.environ), check=False)
    sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)
