"""`webstead explain`: the way of one request through a site."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from webstead.cli import options

__all__ = ["explain"]

_WORDS = typer.Argument(
    metavar="[DIR] [METHOD] URL",
    help="The folder of the site (this folder), the method (GET), and a path that starts with / or a whole "
    "address.",
    show_default=False,
)
_HEADER = typer.Option("--header", "-H", metavar="'NAME: VALUE'", help="A header of the request. Repeatable.")
_REMOTE = typer.Option("--remote", metavar="ADDRESS", help="The client's address.")


def explain(
    words: Annotated[list[str], _WORDS],
    header: Annotated[list[str] | None, _HEADER] = None,
    remote: Annotated[str, _REMOTE] = "127.0.0.1",
    app: options.App = None,
    command: options.Command = None,
    json: options.Json = False,
) -> None:
    """Tell the way of one request: each rule and handler that is looked at, who answers, what the app would
    see, and the configuration in force with the origin of every value. Starts nothing, sends nothing.

    [bold]Examples[/bold]

      webstead explain /shop/cart
      webstead explain mysite POST /login -H 'Content-Type: application/json'
      webstead explain https://www.example.org/old --remote 203.0.113.7 --json
    """
    from webstead.errors import WebsteadError
    from webstead.front.explain import JSON_VERSION, as_json, read_asked
    from webstead.front.explain import explain as explain_request
    from webstead.front.explain_text import as_text
    from webstead.front.serving import Serving
    from webstead.plan import Overrides
    from webstead.site.layout import default_state, find_layout
    from webstead.site.prepare import files_of, plan_site

    try:
        folder, method, url = _read_words(words)
        asked = read_asked(method, url, header or (), remote)
        layout = find_layout(folder, default_state())
        plan = plan_site(layout, Overrides(app, command))
        serving = Serving(files_of(layout, plan).table(0, ()), {})
        told = explain_request(serving, asked)
    except WebsteadError as error:
        if not json:
            raise
        typer.echo(jsonlib.dumps({"version": JSON_VERSION, "error": error.as_json()}, indent=2))
        sys.exit(error.exit_code)
    typer.echo(jsonlib.dumps(as_json(told), indent=2) if json else as_text(told), nl=json)


def _read_words(words: list[str]) -> tuple[Path, str, str]:
    """Folder, method, URL. Raises UsageError."""
    from webstead.errors import UsageError

    *before, url = words
    method = before.pop() if before and _is_method(before[-1]) else "GET"
    if len(before) > 1:
        raise UsageError(
            "There are too many words",
            found=" ".join(words),
            fix="Write webstead explain [DIR] [METHOD] URL.",
        )
    return Path(before[0] if before else "."), method, url


def _is_method(word: str) -> bool:
    """A folder of that name is written as ./GET."""
    return word.isascii() and word.isalpha() and word.isupper()
