"""How events reach a person or a script: Rich on a terminal, plain lines in a pipe, JSON on demand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from webstead.cli.report.text import error_text
from webstead.events import Emit, Event

__all__ = ["error_text", "reporter"]


@contextmanager
def reporter(*, json: bool) -> Iterator[Emit]:
    """The reporter that fits standard output, for as long as the command runs."""
    if json:
        from webstead.cli.report.jsonlines import write_event

        yield _unless_closed(write_event)
    elif sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        from webstead.cli.report.terminal import TerminalReporter

        with TerminalReporter() as terminal:
            yield _unless_closed(terminal)
    else:
        from webstead.cli.report.plain import write_event as write_plain

        yield _unless_closed(write_plain)


def _unless_closed(write: Emit) -> Emit:
    """A reader that went away (`webstead up | head`) must not stop the site."""
    closed = False

    def emit(event: Event) -> None:
        nonlocal closed
        if closed:
            return
        try:
            write(event)
        except BrokenPipeError:
            closed = True
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the rest of the process, also at its exit

    return emit
