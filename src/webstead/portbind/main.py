"""The words of the command, and what they do: `portbind --to PORT [--port N…] script.py [words…]`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from types import ModuleType
from typing import Callable

from webstead.portbind.adapters import ADAPTERS, Adapter
from webstead.portbind.imports import when_imported
from webstead.portbind.objects import FRAMEWORKS, serve_object
from webstead.portbind.program import run_file, run_module, run_to_the_end
from webstead.portbind.redirection import LOOPBACK, Redirection
from webstead.portbind.sockets import redirect_sockets

__all__ = ["main"]

_MOST = 65535


def main(words: Sequence[str]) -> int:
    """Runs the script until it ends; its exit code."""
    given = _parser().parse_args(list(words))
    redirection = Redirection(given.to, given.port, first=given.first, address=given.address)
    redirect_sockets(redirection)
    when_imported({name: _with(redirection, adapt) for name, adapt in ADAPTERS.items()})
    if given.serve:
        return run_to_the_end(lambda: serve_object(given.serve, given.script, given.to, given.address))
    run = run_module if given.module else run_file
    return run_to_the_end(lambda: run(given.script, given.words))


def _with(redirection: Redirection, adapt: Adapter) -> Callable[[ModuleType], None]:
    return lambda module: adapt(module, redirection)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("portbind", description=__doc__, allow_abbrev=False)
    parser.add_argument("--to", type=_port, required=True, help="the port that the host gives")
    parser.add_argument("--address", default=LOOPBACK, help="where to listen")
    parser.add_argument("--port", type=_port, action="append", default=[], help="a port that the code names")
    parser.add_argument("--first", action="store_true", help="the first port that the script listens on")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--module", action="store_true", help="the script is named as a module")
    what.add_argument("--serve", choices=sorted(FRAMEWORKS), help="module:object of this framework")
    parser.add_argument("script", help="its file")
    parser.add_argument("words", nargs=argparse.REMAINDER, help="its own words")
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _MOST:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port")
