"""`webstead gateway config`: a configuration for the web server in front."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli.gateway import options

__all__ = ["config"]

Server = Annotated[
    str,
    typer.Argument(
        metavar="SERVER",
        help="nginx, lighttpd, apache, apache-fcgid, caddy, haproxy or iis.",
        show_default=False,
    ),
]
Listen = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="Where the web server listens; *:80 for everybody.")
]
ServerName = Annotated[
    str,
    typer.Option(metavar="NAME", help="The host name of the site.", show_default="any"),
]
Static = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL=DIR",
        help="Files that the web server sends by itself, such as "
        "/static=/srv/shop/static; may be given several times.",
        show_default=False,
    ),
]


def config(
    server: Server,
    target: options.Target = None,
    bind: options.Bind = "",
    directory: options.Directory = Path(),
    mount: options.Mount = "",
    listen: Listen = "127.0.0.1:8080",
    server_name: ServerName = "",
    static: Static = None,
    python: options.AppPython = "",
    gateway: options.Gateway = "",
    output: options.Output = None,
) -> None:
    """Print a working configuration of a web server for an app behind the gateway.

    It is a whole file; its first lines say where it goes and how the gateway is started.

    [bold]Examples[/bold]

      webstead gateway config nginx shop.web:app
      webstead gateway config apache shop.web:app --mount /shop --static /shop/static=static
      webstead gateway config iis shop.web:app -o web.config
    """
    from webstead.attach.bundle import GATEWAY
    from webstead.attach.interpreter import find_python
    from webstead.cli.gateway import paths
    from webstead.cli.gateway.words import read_words
    from webstead.formats.servers import GatewaySite, configuration

    folder = directory.resolve()
    on_windows = paths.on_windows(python)
    site = GatewaySite(
        target=read_words([target] if target else [], os.environ, named=True).target,
        bind=paths.absolute_bind(bind) if bind else paths.default_bind(folder),
        directory=str(folder),
        python=python if on_windows else find_python(python, folder, os.environ).python,
        gateway=paths.there_or_on_windows("--gateway", gateway or str(GATEWAY)),
        mount=mount,
        listen=listen,
        server_name=server_name,
        static=paths.static_pairs(static or ()),
    )
    text = configuration(server, site)
    if server == "iis" and (hint := paths.foreign_hint(site.python, site.gateway)):
        typer.echo(hint, err=True)
    _put(text, output)


def _put(text: str, output: Path | None) -> None:
    """Print, or write to a file: whole, or not at all."""
    from webstead.effects import write_atomically
    from webstead.errors import UsageError

    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        write_atomically(output, text.encode())
    except OSError as error:
        fix = "Name a file in a folder that is there and that you may write to."
        raise UsageError("The configuration cannot be written.", found=str(error), fix=fix) from None
    typer.echo(f"Written: {output}")
