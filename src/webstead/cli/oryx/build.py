"""`oryx build`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.oryx import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webstead.cli.oryx.asking import Words
    from webstead.cli.oryx.request import Request

__all__ = ["build"]

_Folder = Path | None
_INTERMEDIATE = typer.Option(
    "--intermediate-dir", "-i", metavar="DIR", help="Build in a copy of the source, kept up to date here."
)
_OUTPUT = typer.Option(
    "--output", "-o", metavar="DIR", help="Where the built app goes.", show_default="the source itself"
)
_MANIFEST = typer.Option(
    "--manifest-dir", metavar="DIR", help="Where the manifest goes.", show_default="the output"
)


def build(
    source: options.Source = Path(),
    intermediate: Annotated[_Folder, _INTERMEDIATE] = None,
    output: Annotated[_Folder, _OUTPUT] = None,
    manifest_dir: Annotated[_Folder, _MANIFEST] = None,
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
    """Build an app into a folder: its files, its packages, and a manifest that says how it is started.

    The app is loaded in what was built before anything is written; what it would fail with fails the build.
    WEBSTEAD_VERIFY=false leaves that out. Exit codes: 0; 1 for a failure; 2 for a platform that is not
    supported, or none; 3 for a version that is not.

    [bold]Examples[/bold]

      oryx build . -o /home/site/wwwroot
      oryx build src -o out --platform python --platform-version 3.11 -p virtualenv_name=antenv
      oryx build src -o out -i /tmp/copy -p virtualenv_name=antenv --compress-destination-dir
    """
    from webstead.cli.oryx.asking import Words

    settings = {
        "REQUIRED_OS_PACKAGES": os_requirements,
        "ORYX_APP_TYPE": app_type,
        "COMPRESS_DESTINATION_DIR": "true" if compress else "",
        "CREATE_PACKAGE": "true" if package else "",
        "BUILDCOMMANDS_FILE": build_commands_file,
        "DYNAMIC_INSTALL_ROOT_DIR": dynamic_install_root,
    }
    old = {"platform": ("language", language), "platform-version": ("language-version", language_version)}
    words = Words(source, platform, platform_version, properties, skip_detection, settings, old)
    _build(words, (output, intermediate, manifest_dir), log_file, debug=debug)


def _build(
    words: Words, folders: tuple[_Folder, _Folder, _Folder], log_file: Path | None, *, debug: bool
) -> None:
    """folders: of the output, the copy and the manifest."""
    import os

    from webstead.cli.oryx.asking import asked_for, warn
    from webstead.cli.oryx.building import Job, build_app
    from webstead.cli.oryx.shape import read_shape
    from webstead.cli.report import reporter
    from webstead.effects.clock import SystemClock
    from webstead.events import Note
    from webstead.plan import as_text

    began = SystemClock().monotonic()
    request, skip = asked_for(words, os.environ)
    shape = read_shape(request.properties, request.configuration)
    output, intermediate, manifest_dir = folders
    destination = (output or request.source).resolve()
    job = Job(request, shape, destination, _operation(), intermediate, manifest_dir, skip)
    with reporter(json=False, log_file=log_file) as emit:
        for line in _banner(request, job.operation):
            emit(Note("info", line))
        warn(words, request, emit)
        plan = build_app(job, emit)
        if debug:
            sys.stderr.write(as_text(plan))
        seconds = SystemClock().monotonic() - began
        emit(Note("info", f"Manifest file created in {manifest_dir or destination}."))
        emit(Note("info", f"Total execution done in {seconds:.1f} sec(s)."))


def _operation() -> str:
    import secrets

    return secrets.token_hex(8)


def _banner(request: Request, operation: str) -> Iterator[str]:
    import os
    import platform

    import webstead
    from webstead.cli.oryx.writing import os_flavor

    yield "Operation performed by Webstead, by Oryx's command line."
    yield f"Webstead Version: {webstead.__version__}"
    yield f"Build Operation ID: {operation}"
    if commit := os.environ.get("SCM_COMMIT_ID") or _commit(request.source):
        yield f"Repository Commit : {commit}"
    yield f"OS Type           : {os_flavor()}"
    yield f"Image Type        : {platform.system().lower()}-{platform.machine()}"


def _commit(source: Path) -> str:
    """The commit that is checked out, by git where it is there."""
    import os

    from webstead.effects.processes import TimedOut, run
    from webstead.errors import RuntimeMissing

    if not (source / ".git").exists():
        return ""
    try:
        done = run(["git", "rev-parse", "HEAD"], cwd=source, env=os.environ, timeout=10)
    except (RuntimeMissing, TimedOut):
        return ""
    return done.tail[-1] if done.code == 0 and done.tail else ""
