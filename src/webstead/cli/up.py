"""`webstead up`: from a folder to a live site."""

from __future__ import annotations

import sys
from pathlib import Path

from webstead.cli import options

__all__ = ["up"]


def up(
    folder: options.Folder = Path(),
    host: options.Host = "127.0.0.1",
    port: options.Port = 8000,
    reload: options.Reload = False,
    env: options.Env = None,
    env_file: options.EnvFile = None,
    app: options.App = None,
    command: options.Command = None,
    runtime: options.Runtime = None,
    workers: options.Workers = None,
    threads: options.Threads = None,
    build: options.Build = True,
    json: options.Json = False,
    log_file: options.LogFile = None,
) -> None:
    """Plan, build what is missing, start, and serve a folder of Python. Ctrl+C stops it.

    [bold]Examples[/bold]

      webstead up                          this folder, on http://127.0.0.1:8000
      webstead up mysite --port 0          on any free port; the printed line says which
      webstead up --reload                 start anew when code changes, too
      webstead up --app shop.web:app       serve this object, whatever else is found
      webstead up --command 'python server.py --port $PORT'
    """
    from webstead.cli.report import reporter
    from webstead.errors import WebsteadError
    from webstead.events import Failed
    from webstead.plan import Overrides
    from webstead.site.environ import read_settings
    from webstead.site.run import UpOptions, run

    with reporter(json=json, log_file=log_file) as emit:
        try:
            overrides = Overrides(
                app=app,
                command=command,
                runtime=runtime,
                workers=workers,
                threads=threads,
                settings=read_settings(env or (), env_file or ()),
            )
            run(UpOptions(folder, host, port, reload, build, json, overrides), emit)
        except WebsteadError as error:
            emit(Failed(error.as_json()))
            sys.exit(error.exit_code)
