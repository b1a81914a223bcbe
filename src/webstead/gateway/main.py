"""From the command line to a served app, and to an exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import MutableMapping, Sequence
from typing import NamedTuple

from webstead import __version__
from webstead.gateway.failure import BAD_USAGE, REPORT_VARIABLE, Report, StartFailure
from webstead.gateway.hiding import unhidden
from webstead.gateway.observe.access_log import AccessLog
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.streams import (
    Missing,
    claim_streams,
    default_log_path,
    enable_faulthandler,
    lead_streams,
    show_stacks_on_signal,
)
from webstead.gateway.options import Options, help_text, parse_options
from webstead.gateway.processes.control import Control, SoloControl
from webstead.gateway.processes.ready import Notifier, notifier_of
from webstead.gateway.serving import SHOWS, Instruments, serve
from webstead.gateway.setup import Setup, locate, set_up
from webstead.gateway.stopping import LIFELINE_VARIABLE, Stop
from webstead.gateway.transport.answer_failure import answer_failure
from webstead.gateway.transport.inherited import Transport
from webstead.gateway.transport.listen import open_transport
from webstead.gateway.transport.listener import Listener

__all__ = ["main"]


class _Around(NamedTuple):
    """What whoever started this process has given it. missing: the standard streams it has not got."""

    missing: tuple[Missing, ...]
    report: Report
    lifeline: int | None
    notifier: Notifier


def main(words: Sequence[str]) -> int:
    """Serve until a stop is asked for. Returns the exit code: 0, or that of the StartFailure."""
    missing = claim_streams(os.environ)
    _buffer_lines()
    if "--help" in words or "-h" in words:
        sys.stdout.write(help_text("gateway"))
        return 0
    if "--version" in words:
        sys.stdout.write(f"webstead gateway {__version__}, Python {sys.version.split()[0]}\n")
        return 0
    report = Report(_descriptor(REPORT_VARIABLE, os.environ))
    lifeline = _descriptor(LIFELINE_VARIABLE, os.environ)
    around = _Around(missing, report, lifeline, notifier_of(os.environ, os.getpid()))
    try:
        options = parse_options(words, os.environ)
        transport = open_transport(options.bind, os.environ, options.allow_public)
    except StartFailure as failure:
        return _failed(failure, around, Log())
    try:
        code = _run(words, options, transport, around)
    finally:
        transport.close()
    if options.check:
        with unhidden():
            from webstead.gateway.checking import end_at_once
        end_at_once(code)
    return code


def _run(words: Sequence[str], options: Options, opened: Transport, around: _Around) -> int:
    stop = Stop(opened.close)
    folder, transport = locate(options, opened, stop)
    stop.at_once()
    if stop.begun:
        _log(options, around.missing).line("stopped before the first request")
        return 0
    warnings: list[str] = []
    log = Log()
    try:
        setup = set_up(words, folder, transport, os.environ, warnings.append)
        options = setup.options
        log = _log(options, around.missing)
        for text in warnings:
            log.line(f"warning: {text}")
        if options.check:
            return _check(options, around, log)
        with contextlib.closing(_instruments(options, log)) as instruments:
            return _perform(setup, instruments, stop, around)
    except StartFailure as failure:
        answered = not options.has_master and options.inherits and not around.report.wanted
        code = _failed(failure, around, log)
        # A web server that has started this process for a request is told the reason as its answer.
        return answer_failure(transport, failure, SHOWS[options.errors]) if answered else code


def _check(options: Options, around: _Around, log: Log) -> int:
    with unhidden():
        from webstead.gateway.checking import check
    interface = check(options, os.environ, lambda late: _failed(late, around, log))
    if not around.report.loaded(interface):
        log.line(f"{options.target} can be loaded ({interface.upper()})")
    return 0


def _failed(failure: StartFailure, around: _Around, log: Log) -> int:
    if not around.report.failed(failure):
        if around.missing and not log.path:
            log = _log(Options(""), around.missing)
        if not around.missing:
            sys.stderr.write(failure.as_text())
            sys.stderr.flush()
    return failure.code


def _log(options: Options, missing: tuple[Missing, ...]) -> Log:
    path = options.log or (default_log_path(os.environ) if missing else "")
    log = Log(path)
    lead_streams(missing, log)
    enable_faulthandler(log)
    return log


def _instruments(options: Options, log: Log) -> Instruments:
    access_log = AccessLog(options.access_log, log) if options.access_log else None
    if not options.metrics:
        return Instruments(log, access_log)
    with unhidden():  # HTTP's modules of the standard library cost a third of the whole start
        from webstead.gateway.observe.metrics import Metrics
        from webstead.gateway.observe.metrics_server import MetricsServer
    metrics = Metrics(max(1, options.count_of_workers))
    return Instruments(log, access_log, metrics, MetricsServer(options.metrics, metrics.render))


def _perform(setup: Setup, instruments: Instruments, stop: Stop, around: _Around) -> int:
    """With workers: returns in the master and in each of them."""
    options = setup.options
    log = instruments.log
    log.note(f"webstead gateway {__version__} started, Python {sys.version.split()[0]}")
    told = not around.report.wanted  # whoever asked for the report reads standard error itself
    if not told:
        show_stacks_on_signal()

    def loaded() -> None:
        around.report.loaded()
        around.notifier.ready("serving")
        if told:
            log.line("this process serves")

    if not options.has_master:
        control = SoloControl(log, loaded)
        return serve(setup, instruments, control, stop, around.lifeline, told)
    if not isinstance(setup.transport, Listener):
        fix = "Give it a listening socket, such as --bind unix:PATH, or leave --workers out."
        raise StartFailure(BAD_USAGE, "Workers cannot share one connection.", options.bind, fix)
    with unhidden():
        from webstead.gateway.processes.master import Master

    def work(control: Control) -> int:
        return serve(setup, instruments, control, stop, None, told)

    return Master(
        setup.transport,
        options.count_of_workers,
        work,
        log,
        grace=options.grace,
        notifier=around.notifier,
        on_loaded=around.report.loaded,
        on_reopen=instruments.reopen,
        lifeline=around.lifeline,
    ).run()


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
