"""The life of a front process: connect the control channel, serve, end gracefully."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import uvloop

from webstead.front.access import AccessEntry, AccessFormat, lost_lines, render_access, render_output
from webstead.front.application import Application
from webstead.front.certificates import Certificates
from webstead.front.control import Certify, Control, Drain, Measure, Order, SiteControl
from webstead.front.counts import Counts
from webstead.front.limits import DRAIN_SECONDS, GRACE_SECONDS
from webstead.front.lines import LineWriter
from webstead.front.listening import Listening
from webstead.front.raw_log import RawLogs
from webstead.front.server import Entrance, HttpServer
from webstead.front.sites import Sites

__all__ = ["run"]

_FLUSH_SECONDS = 0.5
_GC_THRESHOLDS = (20_000, 20, 50)  # a request makes few cycles: look for them less often
_STDOUT, _STDERR = 1, 2


def run(listening: Sequence[Listening], control_fd: int, access: AccessFormat) -> NoReturn:
    """Serve until the supervisor says drain, closes the control channel, or sends SIGTERM. Returns the exit
    code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group: the supervisor decides
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    code = runner.run(_serve(listening, control_fd, access))
    sys.stderr.flush()
    # Cuts off what still runs (a WebSocket, an endless stream), and waits for no thread.
    os._exit(code)


async def _serve(listening: Sequence[Listening], control_fd: int, access: AccessFormat) -> int:
    log = (
        None
        if access == "off"
        else LineWriter[AccessEntry](_STDOUT, render_access(access), lost_lines(access))
    )
    output = LineWriter[tuple[str, bytes]](_STDERR, render_output, lost_lines("text"))
    raw_logs = RawLogs()
    gc.set_threshold(*_GC_THRESHOLDS)
    ending = _Ending(asyncio.get_running_loop())

    def obey(order: Order) -> None:
        if isinstance(order, Drain):
            ending.begin(DRAIN_SECONDS)
        elif isinstance(order, Certify):
            certificates.take(order.hosts)
        elif isinstance(order, Measure):
            control.measured(order.number, sites.metrics)
        else:
            sites.obey(order)

    def application(site: str, teller: SiteControl, counts: Counts) -> Application:
        prefix = f"{site} " if site else ""
        return Application(
            site,
            counts,
            log=log.put if log else None,
            raw_log=raw_logs.put,
            teller=teller,
            report=lambda pool, line: output.put((prefix + pool, line)),
        )

    control = Control(obey, lambda: ending.begin(GRACE_SECONDS))
    sites = Sites(control, application)
    certificates = Certificates()
    await control.connect(control_fd)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.begin, GRACE_SECONDS)
    server = HttpServer(
        [
            Entrance(each.fd, sites.of(each.view), certificates.context if each.tls else None)
            for each in listening
        ]
    )
    serving = asyncio.create_task(server.serve())
    control.serving()
    await asyncio.wait((serving, ending.asked), return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    await ending.wait(serving)
    for writer in (log, output, raw_logs):
        if writer is not None:
            writer.close(_FLUSH_SECONDS)
    return 0 if ending.asked.done() else 1


class _Ending:
    """When to end, and how long what runs may take. Asked twice, the shorter time counts."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.asked: asyncio.Future[None] = loop.create_future()
        self._deadline = float("inf")
        self._sooner = asyncio.Event()

    def begin(self, seconds: float) -> None:
        self._deadline = min(self._deadline, self._loop.time() + seconds)
        self._sooner.set()
        if not self.asked.done():
            self.asked.set_result(None)

    async def wait(self, serving: asyncio.Task[None]) -> None:
        """Until the server has ended, or the time is over."""
        while not serving.done() and (left := self._deadline - self._loop.time()) > 0:
            self._sooner.clear()
            sooner = asyncio.create_task(self._sooner.wait())
            await asyncio.wait((serving, sooner), timeout=left, return_when=asyncio.FIRST_COMPLETED)
            sooner.cancel()
