"""`webstead explain`: the way of one request through a site."""

from __future__ import annotations

import json as jsonlib
import shlex
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
_FAILED = typer.Option("--failed", help="List the last requests that failed while the site was up.")
_REMOTE = typer.Option("--remote", metavar="ADDRESS", help="The client's address.")


def explain(
    words: Annotated[list[str] | None, _WORDS] = None,
    header: Annotated[list[str] | None, _HEADER] = None,
    remote: Annotated[str, _REMOTE] = "127.0.0.1",
    failed: Annotated[bool, _FAILED] = False,
    app: options.App = None,
    command: options.Command = None,
    json: options.Json = False,
) -> None:
    """Tell the way of one request: each rule and handler that is looked at, who answers, what the app would
    see, and the configuration in force with the origin of every value. Starts nothing, sends nothing.

    Of requests that failed while the site was up, the last 100 are kept; --failed lists them, and with a
    number shows one.

    [bold]Examples[/bold]

      webstead explain /shop/cart
      webstead explain mysite POST /login -H 'Content-Type: application/json'
      webstead explain https://www.example.org/old --remote 203.0.113.7 --json
      webstead explain mysite --failed 12
    """
    from webstead.errors import WebsteadError
    from webstead.front.explain import JSON_VERSION

    try:
        if failed:
            text = _failed(words or [], json=json)
        else:
            text = _explained(words or [], header or [], remote, app, command, json=json)
    except WebsteadError as error:
        if not json:
            raise
        typer.echo(jsonlib.dumps({"version": JSON_VERSION, "error": error.as_json()}, indent=2))
        sys.exit(error.exit_code)
    typer.echo(text)


def _explained(
    words: list[str], headers: list[str], remote: str, app: str | None, command: str | None, *, json: bool
) -> str:
    from webstead.front.explain import as_json, read_asked
    from webstead.front.explain import explain as explain_request
    from webstead.front.explain_text import as_text
    from webstead.front.serving import Serving
    from webstead.plan import Overrides
    from webstead.site.layout import default_state, find_layout
    from webstead.site.prepare import files_of, plan_site

    folder, method, url = _read_words(words)
    asked = read_asked(method, url, headers, remote)
    layout = find_layout(folder, default_state())
    plan = plan_site(layout, Overrides(app, command))
    told = explain_request(Serving(files_of(layout, plan).table(0, ()), {}), asked)
    return jsonlib.dumps(as_json(told), indent=2) if json else as_text(told).rstrip("\n")


def _failed(words: list[str], *, json: bool) -> str:
    from webstead.errors import UsageError
    from webstead.front.explain_text import printable
    from webstead.front.failed_requests import read_failed
    from webstead.site.layout import default_state, find_layout

    *before, last = words or [""]
    number = int(last) if last.isascii() and last.isdigit() and len(last) <= 9 else None
    folders = before if number is not None else words
    if len(folders) > 1:
        raise _too_many(words)
    layout = find_layout(Path(folders[0] if folders else "."), default_state())
    kept = {found.number: found for found in read_failed(layout.failed_requests)}
    if number is None:
        lines = (
            printable(f"{found.number:>6}  {found.time}  {found.status}  {found.request}")
            for found in kept.values()
        )
        rows = [jsonlib.loads(found.data) for found in kept.values()]
        return jsonlib.dumps(rows, indent=2) if json else "\n".join(lines) or "No request has failed."
    if number not in kept:
        found = f"kept are {min(kept)} to {max(kept)}" if kept else "none is kept"
        raise UsageError(
            f"There is no failed request {number}", found=found, fix="List them with --failed alone."
        )
    one = kept[number]
    if json:
        return jsonlib.dumps(jsonlib.loads(one.data), indent=2)
    text = (f"{one.time}, answered {one.status}", "", *one.text.split("\n"))
    return "\n".join(map(printable, text)).rstrip("\n")


def _read_words(words: list[str]) -> tuple[Path, str, str]:
    """Folder, method, URL. Raises UsageError."""
    from webstead.errors import UsageError

    if not words:
        raise UsageError(
            "There is no URL", fix="Write webstead explain [DIR] [METHOD] URL, as: webstead explain /"
        )
    *before, url = words
    method = before.pop() if before and _is_method(before[-1]) else "GET"
    if len(before) > 1:
        raise _too_many(words)
    if not before and not url.startswith("/") and Path(url).is_dir():
        fix = f"Write the URL behind it, as: {shlex.join(['webstead', 'explain', url, '/'])}"
        raise UsageError("There is no URL", found=f"{url}, which is a folder", fix=fix)
    return Path(before[0] if before else "."), method, url


def _too_many(words: list[str]) -> Exception:
    from webstead.errors import UsageError

    fix = "Write webstead explain [DIR] [METHOD] URL, or webstead explain [DIR] --failed [NUMBER]."
    return UsageError("There are too many words", found=" ".join(words), fix=fix)


def _is_method(word: str) -> bool:
    """A folder of that name is written as ./GET."""
    return word.isascii() and word.isalpha() and word.isupper()
