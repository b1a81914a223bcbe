"""`oryx dockerfile`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.oryx import options

if TYPE_CHECKING:
    from webstead.cli.oryx.request import Request

__all__ = ["dockerfile"]


def dockerfile(
    source: options.Source = Path(),
    build_image: Annotated[
        str,
        typer.Option(
            "--build-image", metavar="IMAGE:TAG", help="What builds.", show_default="that which runs"
        ),
    ] = "",
    platform: options.Platform = "",
    platform_version: options.PlatformVersion = "",
    runtime_platform: Annotated[
        str, typer.Option("--runtime-platform", metavar="NAME", help="The platform that runs: python.")
    ] = "",
    runtime_platform_version: Annotated[
        str,
        typer.Option(
            "--runtime-platform-version",
            metavar="VERSION",
            help="Its version.",
            show_default="that which builds",
        ),
    ] = "",
    bind_port: Annotated[
        str, typer.Option("--bind-port", metavar="PORT", help="Where the app listens: 0 to 65535.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")
    ] = None,
    log_file: options.LogFile = None,
    debug: options.Debug = False,
) -> None:
    """Write a Dockerfile that builds the folder in one stage and starts it in another.

    Both stages are Debian's images of the same Python, unless told otherwise: an environment runs on the
    Python that it was built with.
    """
    import os

    from webstead.cli.oryx.request import Asked, read_request
    from webstead.cli.report import reporter
    from webstead.errors import UsageError
    from webstead.events import Note

    request = read_request(source, Asked(platform, platform_version), os.environ)
    read_request(source, Asked(runtime_platform, runtime_platform_version), os.environ)
    text = _text(request, build_image, runtime_platform_version, bind_port)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text)
    except OSError as error:
        raise UsageError(
            "Couldn't generate dockerfile.", found=str(error), fix="Name a file that can be written with -o."
        ) from None
    with reporter(json=False, log_file=log_file) as emit:
        emit(Note("info", f"Dockerfile written to '{output.absolute()}'."))


def _text(request: Request, build_image: str, run_version: str, bind_port: str) -> str:
    from webstead.cli.oryx.decision import decide
    from webstead.errors import UsageError
    from webstead.formats.oryx import Dockerfile
    from webstead.formats.oryx import dockerfile as dockerfile_text
    from webstead.formats.oryx.dockerfile import check_port, image_reference, image_version

    try:
        port = check_port(bind_port)
        given = image_reference(build_image) if build_image else ""
    except ValueError as error:
        raise UsageError(str(error), fix="Correct the option.") from None
    made = decide(request, lambda event: None, skip=False)
    version = image_version(run_version or made.version or made.plan.python.version)
    run_image = f"python:{version}-slim"
    return dockerfile_text(Dockerfile(given or run_image, run_image, made.version, port))
