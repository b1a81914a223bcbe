"""The front as a process of ours: it gets the listening sockets and the site tables, and is replaced when it
dies.

The sockets are the supervisor's, so that connections wait in their queues while there is no front. The
control channel is a pair of Unix sockets with JSON lines:
    to the front      {"type":"routes","view":view,"routes":{host:site}}   {"type":"drain"}
                      {"type":"certificates","hosts":{host:[chain,key]}}   {"type":"measure","number":n}
                      {"type":"table","site":name,"table":{…}}   {"type":"forget","site":name,"revision":n}
    from the front    {"type":"serving"}   {"type":"asked","site":name}   (nothing serves it)
                      {"type":"metrics","of":{…}} of each site, then {"type":"measured","number":n}
    and of a site     {"type":"applied","revision":n,"busy":[addresses that are no longer in it]}
                      {"type":"left","address":text}   (it is no longer busy)
                      {"type":"wanted","pool":key}   {"type":"retire","pool":key,"address":text,"why":word}
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from webstead.errors import HostError
from webstead.events import Emit, InstanceExited, InstanceStarted
from webstead.host.changes import Changes
from webstead.host.failure import exit_phrase
from webstead.host.isolation import TAG, end_all, family, on_fork, signal_group, tag_of
from webstead.host.listen import Listener
from webstead.host.policy import Limits
from webstead.host.slot import Slot
from webstead.site_metrics import SiteMetrics
from webstead.site_table import Certificate, SiteTable, View, Why, why_of

__all__ = ["Front", "front_words"]

NAME = "front"
_STARTUP_SECONDS = 30.0
_LONGEST_MESSAGE = 1 << 16
_MEASURE_SECONDS = 2.0
_BUG = "Please report this, with the lines above."


def front_words(listeners: Sequence[Listener], control_fd: int, *, json_lines: bool) -> tuple[str, ...]:
    """-P keeps the project's folder, where we may have been started, off the front's import path."""
    words = (sys.executable, "-P", "-m", "webstead.front")
    listen = (word for each in listeners for word in ("--listen-fd", each.word))
    return (*words, *listen, "--control-fd", str(control_fd), *(("--access", "json") if json_lines else ()))


@dataclass(slots=True)
class _SiteHeard:
    """What the front that runs now has said of a site. table: what it is to serve; None when that is
    nothing."""

    table: SiteTable | None = None
    applied: int = 0
    busy: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Heard:
    """What the front that runs now has said, and what is to be said to it."""

    routes: dict[View, Mapping[str, str]] = field(default_factory=dict)
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    sites: dict[str, _SiteHeard] = field(default_factory=dict)
    counting: list[SiteMetrics] = field(default_factory=list)
    metrics: tuple[SiteMetrics, ...] = ()
    measured: int = 0
    serving: bool = False
    changes: Changes = field(default_factory=Changes)

    def site(self, name: str) -> _SiteHeard:
        return self.sites.setdefault(name, _SiteHeard())

    def begin_anew(self) -> None:
        """With a front that knows nothing."""
        self.serving = False
        self.counting.clear()
        for heard in self.sites.values():
            heard.applied = 0
            heard.busy.clear()


class Told(Protocol):
    """Who is told what the front says. wanted: a request asks for the pool of that key, which has no
    instance, or too few. retire: an instance is to end, and why. asked: a request waits for a site that
    nothing serves."""

    def wanted(self, site: str, pool: str) -> None: ...

    def retire(self, site: str, pool: str, address: str, why: Why) -> None: ...

    def asked(self, site: str) -> None: ...


class Front:
    """The front, through all its lives."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        emit: Emit,
        told: Told,
        *,
        json_lines: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self._heard = _Heard()
        self._runner = _FrontRunner(listeners, emit, told, self._heard, json_lines)
        self._questions = itertools.count(1)
        self._slot = Slot(self._runner, limits or Limits(), self._heard.changes.tell)

    @property
    def pid(self) -> int | None:
        running = self._slot.running
        return running.pid if isinstance(running, _FrontRun) else None

    @property
    def _is_over(self) -> bool:
        return self._slot.state in ("failed", "stopped")

    def start(self) -> None:
        self._slot.post("start")

    def route(self, routes: Mapping[str, str], view: View) -> None:
        """As `Supervisor.route`."""
        self._heard.routes[view] = routes
        self._say(_routes(view, routes))

    def certify(self, certificates: Mapping[str, Certificate]) -> None:
        """As `Supervisor.certify`."""
        self._heard.certificates = certificates
        self._say(_certificates(certificates))

    def send(self, site: str, table: SiteTable) -> None:
        """Give it a new table; a front that is started later gets the newest."""
        self._heard.site(site).table = table
        self._say(_table(site, table))

    def forget(self, site: str, revision: int) -> None:
        """The site is served by nothing any more. revision: above those of its tables."""
        self._heard.site(site).table = None
        self._say({"type": "forget", "site": site, "revision": revision})

    def drop(self, site: str) -> None:
        """Nobody waits for anything of it any more."""
        self._heard.sites.pop(site, None)

    def _say(self, message: dict[str, object]) -> None:
        """To a front that listens: what comes earlier it is told when it does."""
        if self._heard.serving and isinstance(self._slot.running, _FrontRun):
            self._slot.running.send(message)

    async def metrics(self) -> tuple[SiteMetrics, ...]:
        """As `Supervisor.metrics`."""
        number, heard = next(self._questions), self._heard
        try:
            async with asyncio.timeout(_MEASURE_SECONDS):
                await heard.changes.until(lambda: heard.serving)
                self._say({"type": "measure", "number": number})
                await heard.changes.until(lambda: heard.measured >= number)
        except TimeoutError:
            found = "It is starting." if not heard.serving else "It is very busy, or stuck."
            raise HostError("The HTTP side does not tell what it has counted", found=found) from None
        return heard.metrics

    async def serving(self) -> None:
        """Returns when it serves. Raises HostError when it does not come up."""
        await self._heard.changes.until(lambda: self._slot.state in ("ready", "failed", "stopped"))
        if self._slot.state != "ready":
            raise self._slot.failure or HostError("The HTTP side does not run")

    async def failed(self) -> HostError:
        """Returns when it has died too often to be started again."""
        await self._heard.changes.until(lambda: self._slot.state == "failed")
        error = self._slot.failure
        return error if isinstance(error, HostError) else HostError("The HTTP side does not run")

    async def applied(self, site: str, revision: int, seconds: float) -> bool:
        """Whether the site's table of that revision routes new requests, waiting for it that long."""
        heard = self._heard.site(site)
        try:
            async with asyncio.timeout(seconds):
                await self._heard.changes.until(
                    lambda: self._is_over or heard.applied >= revision or self._knows_none(heard)
                )
        except TimeoutError:
            return False
        return True

    async def left(self, site: str, address: str, revision: int, seconds: float) -> None:
        """Returns when it has no request any more at an address that the site's table of that revision, and
        those after it, do not have; but after so many seconds in any case."""
        heard = self._heard.site(site)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard.changes.until(
                    lambda: (
                        self._is_over
                        or self._knows_none(heard)
                        or (heard.applied >= revision and address not in heard.busy)
                    )
                )

    def _knows_none(self, heard: _SiteHeard) -> bool:
        """Whether it is a front that began after the site was forgotten: it is told nothing of that."""
        return self._heard.serving and heard.table is None and heard.applied == 0

    async def stop(self, grace: float) -> None:
        """Let it finish its requests for that many seconds."""
        await self._slot.stop(grace)


@dataclass(slots=True)
class _FrontRunner:
    listeners: Sequence[Listener]
    emit: Emit
    told: Told
    heard: _Heard
    json_lines: bool
    startup_seconds: float = _STARTUP_SECONDS
    tag: str = field(default_factory=lambda: tag_of(NAME))

    async def start(self) -> _FrontRun:
        ours, theirs = socket.socketpair()
        with theirs:
            words = front_words(self.listeners, theirs.fileno(), json_lines=self.json_lines)
            process = await self._execute(words, theirs)
        self.heard.begin_anew()
        self.emit(InstanceStarted(NAME, process.pid, " ".join(words)))
        return _FrontRun(self, process, *await asyncio.open_connection(sock=ours, limit=_LONGEST_MESSAGE))

    async def _execute(self, words: Sequence[str], theirs: socket.socket) -> asyncio.subprocess.Process:
        """Its output goes where ours goes: the access log is the front's own."""
        try:
            return await asyncio.create_subprocess_exec(
                *words,
                env={**os.environ, TAG: self.tag},
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(*(each.socket.fileno() for each in self.listeners), theirs.fileno()),
                start_new_session=True,
                preexec_fn=on_fork(),
            )
        except OSError as error:
            raise HostError("The HTTP side does not start", found=str(error)) from None


class _FrontRun:
    """One life of the front."""

    def __init__(
        self,
        runner: _FrontRunner,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.pid = process.pid
        self.address = ""
        self._runner = runner
        self._process = process
        self._writer = writer
        self._stopping = False
        self._listening = asyncio.create_task(self._listen(reader))

    def send(self, message: dict[str, object]) -> None:
        if not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")

    def _send_all(self) -> None:
        """All that it must know, once it listens to its channel; the routes last, so that no site is asked
        for whose table is under way."""
        heard = self._runner.heard
        for name, site in heard.sites.items():
            if site.table is not None:
                self.send(_table(name, site.table))
        if heard.certificates:
            self.send(_certificates(heard.certificates))
        for view, routes in heard.routes.items():
            self.send(_routes(view, routes))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):  # it died; the slot sees that by itself
            while line := await reader.readline():
                self._hear(line)

    def _hear(self, line: bytes) -> None:
        heard, told = self._runner.heard, self._runner.told
        match json.loads(line):
            case {"type": "serving"}:
                heard.serving = True
                self._send_all()
            case {"type": "applied", "site": str(site), "revision": int(revision), "busy": list(busy)}:
                heard.site(site).applied = revision
                heard.site(site).busy.update(busy)
            case {"type": "left", "site": str(site), "address": str(address)}:
                heard.site(site).busy.discard(address)
            case {"type": "metrics", "of": dict(counted)}:
                heard.counting.append(SiteMetrics.from_json(counted))
            case {"type": "measured", "number": int(number)}:
                heard.measured, heard.metrics = number, tuple(heard.counting)
                heard.counting.clear()
            case {"type": "asked", "site": str(site)}:
                told.asked(site)
            case {"type": "wanted", "site": str(site), "pool": str(pool)}:
                told.wanted(site, pool)
            case {
                "type": "retire",
                "site": str(site),
                "pool": str(pool),
                "address": str(at),
                "why": str(why),
            }:
                told.retire(site, pool, at, why_of(why))
        heard.changes.tell()

    async def answered(self) -> None:
        await self._runner.heard.changes.until(lambda: self._runner.heard.serving)

    async def exited(self) -> None:
        await self._process.wait()

    async def stop(self, grace: float) -> None:
        self._stopping = True
        self.send({"type": "drain"})
        exiting = asyncio.create_task(self.exited())
        await asyncio.wait({exiting}, timeout=grace)
        if not exiting.done():
            signal_group(self.pid, signal.SIGKILL)
        await exiting

    def late(self) -> HostError:
        return HostError(f"The HTTP side did not come up within {self._runner.startup_seconds:g} s", fix=_BUG)

    async def autopsy(self, *, was_ready: bool) -> HostError:
        await end_all(family(self.pid, self._runner.tag))
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        await self._listening
        code = self._process.returncode or 0
        self._runner.emit(InstanceExited(NAME, self.pid, exit_phrase(code), self._stopping))
        verb = "died again and again" if was_ready else "does not start"
        return HostError(f"The HTTP side {verb}", found=f"Its process {exit_phrase(code)}.", fix=_BUG)


def _routes(view: View, routes: Mapping[str, str]) -> dict[str, object]:
    return {"type": "routes", "view": view, "routes": dict(routes)}


def _certificates(hosts: Mapping[str, Certificate]) -> dict[str, object]:
    return {"type": "certificates", "hosts": {host: [each.chain, each.key] for host, each in hosts.items()}}


def _table(site: str, table: SiteTable) -> dict[str, object]:
    return {"type": "table", "site": site, "table": json.loads(table.to_json())}
