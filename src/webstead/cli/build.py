"""`webstead build`: the install steps of the plan, and with -o an output that runs elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from typer._click import Context
from typer.core import TyperCommand

from webstead.cli import options
from webstead.cli.output import Wanted

__all__ = ["BuildCommand", "build"]


class BuildCommand(TyperCommand):
    """--compress may stand alone: then it is zstd."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_completed(args)))


def _completed(words: Sequence[str]) -> list[str]:
    known = {form.value for form in options.Packing}
    return [
        f"--compress={options.Packing.zstd}" if word == "--compress" and following not in known else word
        for word, following in zip_longest(words, words[1:])
    ]


def build(
    folder: options.Folder = Path(),
    app: options.App = None,
    command: options.Command = None,
    runtime: options.Runtime = None,
    env: options.Env = None,
    env_file: options.EnvFile = None,
    verify: options.Verify = True,
    offline: options.Offline = False,
    output: options.Output = None,
    compress: options.Compress = None,
    sbom: options.Sbom = None,
    start_name: options.StartName = None,
    json: options.Json = False,
    log_file: options.LogFile = None,
) -> None:
    """Build the environment of a folder, and see that the app can start in it.

    The app is loaded as its instances will be: with the settings of --env and --env-file, in the folder and
    with the packages that it will have. What it would fail with fails the build. What is there stays.

    With -o the project, its packages and a start are written to a folder that runs wherever it is put, on
    machines of this system with the same Python: `DEST/start`.

    [bold]Examples[/bold]

      webstead build                       this folder
      webstead build mysite --runtime 3.12
      webstead build --env-file .env       with the settings that the app reads when it starts
      webstead build --offline             with the packages that are here already
      webstead build -o ../out             a folder to copy; there: PORT=8000 ./start
      webstead build -o ../out --compress  one archive and its start
    """
    from webstead.cli.report import reporter
    from webstead.errors import WebsteadError
    from webstead.events import Failed, Planned
    from webstead.plan import Overrides, as_json
    from webstead.site.environ import read_settings
    from webstead.site.layout import default_state, find_layout
    from webstead.site.prepare import before_build, build_site, plan_site
    from webstead.site.verify import build_verified

    if offline:
        os.environ["UV_OFFLINE"] = "1"  # as if whoever builds had set it: uv reads it, and the conda part
    wanted = Wanted(output, compress, sbom, start_name)
    with reporter(json=json, log_file=log_file) as emit:
        try:
            layout = find_layout(folder, default_state())
            wanted.check(layout.wwwroot)
            settings = read_settings(env or (), env_file or ())
            overrides = Overrides(app=app, command=command, runtime=runtime, settings=settings)
            plan = plan_site(layout, overrides)
            emit(Planned(as_json(plan)))
            made = before_build(layout, plan, overrides, emit)
            environment = (build_verified if verify else build_site)(layout, made, emit)
            wanted.write(layout.wwwroot, made, environment, emit)
        except WebsteadError as error:
            emit(Failed(error.as_json()))
            sys.exit(error.exit_code)
