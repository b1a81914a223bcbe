"""The options that the verbs of `webstead gateway` share; those that the gateway has too, from its table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from webstead.gateway.options import OPTIONS

__all__ = ["AppPython", "Bind", "Directory", "Gateway", "Mount", "Output", "Target"]

_DECLARED = {option.name: option for option in OPTIONS}


def _of_the_gateway(name: str, default: str | bool) -> object:
    option = _DECLARED[name]
    return typer.Option(name, metavar=option.metavar, help=option.doc, show_default=default)


Target = Annotated[
    str | None,
    typer.Argument(
        metavar="MODULE:APP",
        help="The app, as package.module:object or package.module:factory(); else the variable WSGI_HANDLER.",
        show_default=False,
    ),
]
Bind = Annotated[str, _of_the_gateway("--bind", "as `webstead gateway run` has it")]
Directory = Annotated[Path, _of_the_gateway("--directory", "this folder")]
Mount = Annotated[str, _of_the_gateway("--mount", False)]
AppPython = Annotated[
    str,
    typer.Option(
        "--python",
        metavar="PATH",
        help="The app's Python. Else that of .venv, venv or env in its folder, of VIRTUAL_ENV, or the one "
        "that runs webstead.",
        show_default=False,
    ),
]
Gateway = Annotated[
    str,
    typer.Option(
        metavar="PATH",
        help="The gateway: a file that `webstead gateway bundle` wrote, or a folder webstead/gateway.",
        show_default="that of the installed webstead",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file.", show_default=False),
]
