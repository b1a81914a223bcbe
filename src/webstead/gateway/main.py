"""From the command line to a served app: listen, load, report, serve, stop."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import MutableMapping, Sequence

from webstead import __version__
from webstead.gateway.engine import Engine
from webstead.gateway.environ import own_values
from webstead.gateway.failure import BAD_USAGE, REPORT_VARIABLE, Report, StartFailure
from webstead.gateway.listen import Listener, open_listener
from webstead.gateway.loader import load
from webstead.gateway.log import LOG_VARIABLE, Log
from webstead.gateway.options import Options, check_target, parse_options
from webstead.gateway.poller import best_poller
from webstead.gateway.runner import Runner
from webstead.gateway.stopping import LIFELINE_VARIABLE, Stop

__all__ = ["main"]


def main(words: Sequence[str]) -> int:
    """Serve until a stop is asked for. Returns the exit code: 0, or that of the StartFailure."""
    _buffer_lines()
    report = Report(_descriptor(REPORT_VARIABLE, os.environ))
    lifeline = _descriptor(LIFELINE_VARIABLE, os.environ)
    try:
        options = parse_options(words, os.environ)
        check_target(options)
        listener = open_listener(options.bind, os.environ)
        try:
            _serve(options, listener, report, lifeline)
        finally:
            listener.close()
    except StartFailure as failure:
        if not report.failed(failure):
            sys.stderr.write(failure.as_text())
        return failure.code
    return 0


def _serve(options: Options, listener: Listener, report: Report, lifeline: int | None) -> None:
    stop = Stop(abandon=listener.close)
    stop.on_signals()
    if lifeline is not None:
        stop.on_lifeline(lifeline)
    _enter(options)
    log = Log(os.environ.get(LOG_VARIABLE, ""))
    python = sys.version.split()[0]
    log.note(f"webstead gateway {__version__} started, Python {python}, process {os.getpid()}")
    try:
        app = load(options.target, os.environ)
    except StartFailure as failure:
        log.note(failure.as_text().rstrip())
        raise
    log.note(f"{options.target} is loaded")
    runner = Runner(app, own_values(options.threads), log)
    engine = Engine(listener, runner, best_poller(), options.threads)
    stop.action = engine.stop
    stop.watch_grace()
    report.loaded()
    engine.run()
    log.note("stopped")


def _enter(options: Options) -> None:
    """Make the app's folder the working directory and the first on `sys.path`; --path comes behind
    site-packages.
    """
    if options.directory is not None:
        try:
            os.chdir(options.directory)
        except OSError as error:
            fix = "Name a folder that is there as --directory."
            raise StartFailure(BAD_USAGE, "The app's folder cannot be entered.", str(error), fix) from None
    sys.path.insert(0, os.getcwd())
    sys.path += [os.path.abspath(folder) for folder in options.path]


def _buffer_lines() -> None:
    """What the app prints is a log: every line whole and at once, whatever its characters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")


def _descriptor(variable: str, environ: MutableMapping[str, str]) -> int | None:
    """The file descriptor that a variable names. Neither reaches the processes that the app starts."""
    text = environ.pop(variable, "")
    if not text:
        return None
    try:
        number = int(text)
        os.set_inheritable(number, False)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"warning: {variable}={text} is no open file descriptor: {error}\n")
        return None
    return number
