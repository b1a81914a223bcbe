"""`oryx build-script`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.oryx import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webstead.cli.oryx.request import Request

__all__ = ["build_script"]


def build_script(
    source: options.Source = Path(),
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The file to write.", show_default="standard output"
        ),
    ] = None,
    platform: options.Platform = "",
    platform_version: options.PlatformVersion = "",
    properties: options.Properties = None,
    compress: options.Compress = False,
    os_requirements: options.OsRequirements = "",
    app_type: options.AppType = "",
    skip_detection: options.SkipDetection = False,
    package: options.Package = False,
    build_commands_file: options.BuildCommandsFile = "",
    dynamic_install_root: options.DynamicInstallRoot = "",
    language: options.Language = "",
    language_version: options.LanguageVersion = "",
    log_file: options.LogFile = None,
    debug: options.Debug = False,
) -> None:
    """Write the build of a folder as a script: build.sh SOURCE [DESTINATION [INTERMEDIATE]].

    The version of Python and the settings are those of now; the rest is decided when the script runs.
    """
    import os

    from webstead.cli.oryx.asking import Words, asked_for, warn
    from webstead.cli.oryx.create_script import aside
    from webstead.cli.report import reporter
    from webstead.errors import UsageError
    from webstead.events import Note

    settings = {
        "REQUIRED_OS_PACKAGES": os_requirements,
        "ORYX_APP_TYPE": app_type,
        "COMPRESS_DESTINATION_DIR": "true" if compress else "",
    }
    old = {"platform": ("language", language), "platform-version": ("language-version", language_version)}
    words = Words(source, platform, platform_version, properties, skip_detection, settings, old)
    request, skip = asked_for(words, os.environ)
    warn(words, request, lambda event: aside(str(event.as_json()["text"])))
    text = _script(request, skip=skip)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text)
        output.chmod(0o755)
    except OSError as error:
        raise UsageError("The script cannot be written.", found=str(error), fix="Correct -o.") from None
    with reporter(json=False, log_file=log_file) as tell:
        tell(Note("info", f"Script written to '{output.absolute()}'"))


def _script(request: Request, *, skip: bool) -> str:
    import os
    import shutil

    from webstead.cli.oryx.create_script import aside
    from webstead.cli.oryx.decision import decide
    from webstead.cli.oryx.pythons import finder, interpreter_for
    from webstead.cli.oryx.shape import read_shape
    from webstead.formats.oryx.build_script import build_script as script_text

    read_shape(request.properties, request.configuration)
    made = decide(request, lambda event: None, skip=skip)
    python, version = made.plan.python, made.version
    if not any(step.kind == "conda" for step in made.plan.install):
        pythons = finder(request.source, os.environ, aside)
        version = interpreter_for(python.version, python.implementation, pythons).version
    program = shutil.which("oryx", path=str(Path(sys.executable).parent))
    return script_text(
        [*_options(request, version, skip=skip)],
        [program] if program else [sys.executable, "-m", "webstead", "oryx"],
    )


def _options(request: Request, version: str, *, skip: bool) -> Iterator[str]:
    """Of `oryx build`, the settings of the environment among them; build.env is read again."""
    yield from ("--platform", "python")
    if version:
        yield from ("--platform-version", version)
    if skip:
        yield "--skip-detection"
    configuration = request.configuration
    said = {**configuration.environment, **configuration.command_line}
    for name, (value, _) in sorted(said.items()):
        if (
            name not in ("PLATFORM_NAME", "PLATFORM_VERSION", "PYTHON_VERSION")
            and name.lower() not in request.properties
        ):
            yield from ("--property", f"{name}={value}")
    for name, value in request.properties.items():
        yield from ("--property", f"{name}={value}")
