"""`webstead build`: the install steps of the plan, nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

from webstead.cli import options

__all__ = ["build"]


def build(
    folder: options.Folder = Path(),
    app: options.App = None,
    command: options.Command = None,
    runtime: options.Runtime = None,
    env: options.Env = None,
    env_file: options.EnvFile = None,
    verify: options.Verify = True,
    offline: options.Offline = False,
    json: options.Json = False,
    log_file: options.LogFile = None,
) -> None:
    """Build the environment of a folder, and see that the app can start in it. Does nothing when nothing
    changed.

    The app is loaded as its instances will be: with the settings of --env and --env-file, in the folder and
    with the packages that it will have. What it would fail with fails the build.

    [bold]Examples[/bold]

      webstead build                       this folder
      webstead build mysite --runtime 3.12
      webstead build --env-file .env       with the settings that the app reads when it starts
      webstead build --offline             with the packages that are here already
    """
    import os

    from webstead.cli.report import reporter
    from webstead.errors import WebsteadError
    from webstead.events import Failed
    from webstead.plan import Overrides
    from webstead.site.environ import read_settings
    from webstead.site.layout import default_state, find_layout
    from webstead.site.prepare import before_build, build_site, plan_site
    from webstead.site.verify import build_verified

    if offline:
        os.environ["UV_OFFLINE"] = "1"  # as if whoever builds had set it: uv reads it, and the conda part
    with reporter(json=json, log_file=log_file) as emit:
        try:
            layout = find_layout(folder, default_state())
            settings = read_settings(env or (), env_file or ())
            overrides = Overrides(app=app, command=command, runtime=runtime, settings=settings)
            made = before_build(layout, plan_site(layout, overrides), overrides, emit)
            (build_verified if verify else build_site)(layout, made, emit)
        except WebsteadError as error:
            emit(Failed(error.as_json()))
            sys.exit(error.exit_code)
