"""The command line. argparse is not used: its import costs more than everything else that starts the
gateway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from webstead.gateway.failure import BAD_USAGE, StartFailure

__all__ = ["MAX_THREADS", "TARGET_VARIABLE", "USAGE", "Options", "parse_options"]

USAGE = (
    "python webstead/gateway [--bind unix:PATH|tcp:HOST:PORT|fd:N] [--threads N] [--directory DIR] "
    "[--path DIR]… package.module:object"
)

TARGET_VARIABLE = "WSGI_HANDLER"
"""wfastcgi's variable for the app, read when the command line names none."""

MAX_THREADS = 512
"""More than this is a typing error. Precedents: waitress 4, gunicorn gthread tens, Apache ThreadsPerChild
64.
"""


class Options(NamedTuple):
    """directory: None for the working directory. path: appended to `sys.path`."""

    target: str
    bind: str = "fd:0"
    threads: int = 1
    directory: str | None = None
    path: tuple[str, ...] = ()


def _bad(what: str, found: str, fix: str = "") -> StartFailure:
    return StartFailure(BAD_USAGE, what, found, fix or f"Usage: {USAGE}")


def parse_options(words: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Read the command line. Raises StartFailure (BAD_USAGE)."""
    values: dict[str, list[str]] = {"--bind": [], "--threads": [], "--directory": [], "--path": []}
    targets: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in values:
            if not equals and not rest:
                raise _bad(f"{name} needs a value.", f"{name} is the last word")
            values[name].append(value if equals else rest.pop(0))
        elif word.startswith("-"):
            raise _bad(f"There is no option {word}.", " ".join(words))
        else:
            targets.append(word)
    target = _target(targets, environ)
    bind = (values["--bind"] or ["fd:0"])[-1]
    threads = _threads((values["--threads"] or ["1"])[-1])
    directory = values["--directory"][-1] if values["--directory"] else None
    return Options(target, bind, threads, directory, tuple(values["--path"]))


def _target(targets: list[str], environ: Mapping[str, str]) -> str:
    if len(targets) > 1:
        raise _bad(
            "More than one app is named.", ", ".join(targets), "Name one app as package.module:object."
        )
    target = targets[0] if targets else environ.get(TARGET_VARIABLE, "").strip()
    if not target:
        fix = f"Name the app as package.module:object, on the command line or as {TARGET_VARIABLE}."
        raise _bad("No app is named.", f"no target word, and {TARGET_VARIABLE} is not set", fix)
    return target


def _threads(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_THREADS:
        raise _bad("--threads is not a usable number.", text, f"Use a number from 1 to {MAX_THREADS}.")
    return int(text)
