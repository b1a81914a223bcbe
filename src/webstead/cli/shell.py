"""`webstead shell`: commands in a site's home, one by one, as its console runs them."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli.about import about_site

if TYPE_CHECKING:
    from webstead.client import Api
    from webstead.client.command import Ran

__all__ = ["joined", "shell"]

One = Annotated[
    str | None,
    typer.Option("-c", "--command-line", metavar="LINE", help="Run this, and end with its exit code."),
]
Where = Annotated[str, typer.Option("--dir", metavar="DIR", help="Where to begin, in the site's home.")]

START = "site/wwwroot"


@about_site
def shell(site: Api, line: One = None, directory: Where = START, *, json: bool) -> None:
    """Run commands on a site, with its settings and its Python. `cd` is kept from line to line; `exit` ends.

    Each command is run by itself: programs that ask something get no answer. Lines that are piped in end with
    the exit code of the last one.

    [bold]Examples[/bold]

      webstead shell --site shop
      webstead shell --site shop -c 'python -m pip list'
      webstead shell --site shop < steps.txt
      webstead shell --profile shop.PublishSettings -c 'ls -l' --dir LogFiles
    """
    if line is None:
        _converse(site, directory)
        return
    _once(site, line, directory, json=json)


def _once(api: Api, line: str, directory: str, *, json: bool) -> None:
    from webstead.cli.as_json import print_json
    from webstead.client.command import run_command

    ran = run_command(api, line, directory)
    if json:
        print_json({"output": ran.output, "error": ran.error, "exit_code": ran.code})
    else:
        _print(ran)
    sys.exit(_exit_code(ran))


def _print(ran: Ran) -> None:
    sys.stdout.write(ran.output.replace("\r\n", "\n"))
    sys.stdout.flush()
    sys.stderr.write(ran.error.replace("\r\n", "\n"))
    sys.stderr.flush()


def _converse(api: Api, directory: str) -> None:
    """Until `exit` or the end of the input. What is piped in ends as its last command did."""
    _with_history()
    code = 0
    while (line := _read(f"{api.site or 'site'}:{directory}$ ")) is not None:
        words = line.strip()
        if (left := _LEAVE.fullmatch(words)) is not None:
            code = int(left[1]) & 0xFF if left[1] else code
            break
        if words:
            directory, code = _perform(api, words, directory)
    if not sys.stdin.isatty():
        sys.exit(code)


_LEAVE = re.compile(r"(?:exit|logout)(?:\s+(\d{1,9}))?")
_INTERRUPTED = 130


def _perform(api: Api, words: str, directory: str) -> tuple[str, int]:
    """One line. The folder of the next one, and its exit code."""
    from webstead.cli.report import error_text
    from webstead.client.command import run_command
    from webstead.errors import WebsteadError

    try:
        if (target := _target(words)) is not None:
            changed = _changed(api, directory, target)
            return (changed or directory), int(changed is None)
        ran = run_command(api, words, directory)
        _print(ran)
        return directory, _exit_code(ran)
    except WebsteadError as error:
        typer.echo(error_text(error), err=True, nl=False)
        return directory, error.exit_code
    except KeyboardInterrupt:
        typer.echo("Interrupted; what it printed is lost.", err=True)
        return directory, _INTERRUPTED


def _exit_code(ran: Ran) -> int:
    """As a process can have it."""
    return ran.code & 0xFF if ran.code > 0 else int(ran.code != 0)


def _read(prompt: str) -> str | None:
    """None at the end. Ctrl+C clears the line."""
    while True:
        try:
            return input(prompt) if sys.stdin.isatty() else input()
        except EOFError:
            return None
        except KeyboardInterrupt:
            typer.echo("")


def _with_history() -> None:
    if sys.stdin.isatty():
        import contextlib

        with contextlib.suppress(ImportError):  # Windows has none
            import readline  # noqa: F401 - `input` edits lines with it


def _target(words: str) -> str | None:
    """Where a plain `cd` leads; None for another command. `cd a && b` is one, too: the server runs it."""
    try:
        parts = shlex.split(words)
    except ValueError:
        return None
    if parts[:1] != ["cd"] or len(parts) > 2 or any(mark in words for mark in "&|;<>$`"):
        return None
    return parts[1] if len(parts) == 2 else START


def _changed(api: Api, directory: str, target: str) -> str | None:
    """The folder; None when the server cannot run anything in it."""
    from webstead.client.command import run_command

    wanted = joined(directory, target)
    ran = run_command(api, "echo", wanted)
    if ran.code != 0:
        typer.echo(ran.error.strip() or f"There is no folder {wanted}.", err=True)
        return None
    return wanted


def joined(directory: str, target: str) -> str:
    """As `cd` understands it; "~" and "" are the site's home, which `..` does not leave."""
    if target.startswith("/") or target[1:2] == ":":
        return target
    if target in ("", "~"):
        return "."
    parts: list[str] = []
    for part in (*PurePosixPath(directory).parts, *PurePosixPath(target).parts):
        if part == ".." and parts and parts[-1] != "/":
            parts.pop()
        elif part not in ("..", "."):
            parts.append(part)
    return str(PurePosixPath(*parts)) if parts else "."
