"""`webstead gateway run`: this process becomes the app's gateway."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from webstead.cli.gateway import options
from webstead.cli.gateway.paths import absolute_bind, default_bind
from webstead.cli.gateway.words import gateway_words, read_words, says

__all__ = ["run"]


def run(context: typer.Context, target: options.Target = None, python: options.AppPython = "") -> None:
    """Serve an app by FastCGI, in its own Python, until Ctrl+C.

    A browser cannot read it by itself: `webstead gateway config` prints what nginx, Apache, lighttpd, Caddy
    or HAProxy needs to be put before it. SIGHUP reloads the app, and no request is lost.

    The process becomes the gateway, and signals and the exit code are the gateway's own. Without --bind it
    listens on the Unix socket gateway.sock in the app's folder, which only its owner can open; a web server
    that runs as another user needs the words of the third example.

    [bold]Examples[/bold]

      webstead gateway run shop.web:app
      webstead gateway run shop.web:app --check      load it, say how that went, and end
      webstead gateway run shop.web:app --bind tcp:127.0.0.1:9000 --workers 4 --threads 8
      webstead gateway run shop.web:app --bind unix:/run/shop.sock,mode=660,group=www-data
    """
    from webstead.attach.bundle import GATEWAY
    from webstead.attach.interpreter import find_python
    from webstead.errors import UsageError

    words = [*gateway_words(context), *([target] if target else [])]
    settings = read_words(words, os.environ)
    folder = Path(settings.directory or ".").resolve()
    if not folder.is_dir():
        fix = "Name the folder that the app's modules are in."
        raise UsageError("The app's folder is not there.", found=str(folder), fix=fix)
    found = find_python(python, folder, os.environ)
    bind = settings.bind
    if not settings.check and not says("--bind", words, os.environ):
        bind = default_bind(folder)
        words += ["--bind", bind]
    typer.echo(f"Python:  {found.python} ({found.why})", err=True)
    if not settings.check:
        typer.echo(f"Address: {bind}", err=True)
    if settings.target and not settings.check and not bind.startswith("fd:"):
        typer.echo(f"nginx:   {nginx_command(settings.target, bind, folder)}", err=True)
    sys.exit(become([found.python, str(GATEWAY), *words]))


def nginx_command(target: str, bind: str, folder: Path) -> str:
    """What prints the configuration that fits."""
    words = ["webstead", "gateway", "config", "nginx", target, "--directory", str(folder)]
    return shlex.join([*words, "--bind", absolute_bind(bind)])


def become(words: Sequence[str], *, windows: bool = os.name == "nt") -> int:
    """Run these words in the place of this process. Windows has no such call: there the exit code comes back,
    and Ctrl+C reaches both.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if not windows:
        os.execv(words[0], list(words))  # noqa: S606 (no shell is what is wanted)
    with subprocess.Popen(list(words)) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the gateway's own affair: it stops, and its code comes
