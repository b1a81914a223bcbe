"""How events reach a person or a script: Rich on a terminal, plain lines in a pipe, JSON on demand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from webstead.cli.report.text import error_text
from webstead.events import Emit, Event, Note

if TYPE_CHECKING:
    from webstead.cli.report.log_file import LogFile

__all__ = ["error_text", "reporter"]


@contextmanager
def reporter(*, json: bool, log_file: Path | None = None) -> Iterator[Emit]:
    """The reporter that fits standard output, for as long as the command runs. log_file: gets everything,
    too. Raises UsageError when that cannot be written."""
    if log_file is None:
        with _of_standard_output(json=json) as emit:
            yield emit
        return
    from webstead.cli.report.log_file import LogFile

    log = LogFile(log_file)
    try:
        with _of_standard_output(json=json) as emit:
            yield _with_log(emit, log)
    finally:
        log.close()


def _with_log(emit: Emit, log: LogFile) -> Emit:
    told = False

    def both(event: Event) -> None:
        nonlocal told
        log(event)
        if log.failure and not told:
            told = True
            emit(Note("warning", f"The log is not complete: {log.failure}"))
        emit(event)

    return both


@contextmanager
def _of_standard_output(*, json: bool) -> Iterator[Emit]:
    if json:
        from webstead.cli.report.jsonlines import write_event

        yield _unless_closed(write_event)
    elif sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        from webstead.cli.report.terminal import TerminalReporter

        with TerminalReporter() as terminal:
            yield _unless_closed(terminal)
    else:
        from webstead.cli.report.plain import PlainReporter

        yield _unless_closed(PlainReporter())


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
