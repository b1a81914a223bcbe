"""A question before what cannot be taken back."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

__all__ = ["Yes", "confirm", "typed"]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]


def typed(what: str, question: str, fix: str) -> str:
    """What is typed in answer; both are on standard error, as standard output is the command's own. fix: how
    nobody is asked. Raises UsageError where nobody can be."""
    from webstead.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError("Nobody is here to be asked.", found="standard input is no terminal", fix=fix)
    typer.echo(what, err=True)
    typer.echo(f"{question}: ", nl=False, err=True)  # typer's own prompt puts a space on standard output
    return sys.stdin.readline().strip()


def confirm(what: str, fix: str) -> None:
    """Of who sits at a terminal; a script means what it says. Raises UsageError for any answer but yes."""
    from webstead.errors import UsageError

    if not sys.stdin.isatty():
        return
    answer = typed(what, "Go on? [y/N]", fix)
    if answer.lower() not in ("y", "yes"):
        raise UsageError("Nothing was changed.", found=repr(answer), fix=fix)
