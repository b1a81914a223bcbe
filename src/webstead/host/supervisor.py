"""The supervisor: owns the sockets and the processes, and keeps the front told of who answers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from webstead.errors import HostError
from webstead.events import Emit
from webstead.host.certificates import check_certificate
from webstead.host.front_process import Front
from webstead.host.instance import Lifeline
from webstead.host.isolation import TAG, OrphanReaper, adopt_orphans, end_all, require_posix
from webstead.host.listen import Listener, url_of
from webstead.host.policy import Limits
from webstead.host.seat import remove_runtime_folder, runtime_folder
from webstead.host.site import HostedSite
from webstead.host.watched import WARDEN
from webstead.site_metrics import SiteMetrics
from webstead.site_table import Certificate, View, Why

__all__ = ["Supervisor"]

FRONT_GRACE_SECONDS = 1.2
"""For running requests at Ctrl+C. With GRACE_SECONDS for the instances after it, all ends within 5 s."""

_REAP_SECONDS = 1.0


class Supervisor:
    """Runs the front and any number of sites until it is told to stop. One per process, on one event loop, in
    a thread that lives as long.

    listeners: closed by `stop`; the first is where people go. host: as the user named it, for the URL. asked:
    told of a site that has a route and nothing that serves it, when a request comes; the request waits. emit
    gets what is no site's own.
    """

    def __init__(
        self,
        listeners: Sequence[Listener],
        emit: Emit,
        *,
        host: str = "127.0.0.1",
        json_lines: bool = False,
        limits: Limits | None = None,
        asked: Callable[[str], None] = lambda site: None,
    ) -> None:
        require_posix()
        self.url = url_of(listeners[0].socket, host, tls=listeners[0].tls)
        self.lifeline = Lifeline()
        self.limits = limits or Limits()
        self.front = Front(listeners, emit, self, json_lines=json_lines, limits=limits)
        self._listeners = listeners
        self._asked = asked
        self._folder = runtime_folder()
        self._numbers = itertools.count(1)
        self._sites: dict[str, HostedSite] = {}
        self._reaping: asyncio.Task[None] | None = None
        self._warden: asyncio.subprocess.Process | None = None

    @property
    def front_pid(self) -> int | None:
        return self.front.pid

    async def begin(self, routes: Mapping[str, str]) -> None:
        """Start the front. routes: as `route`."""
        adopt_orphans()
        self._reaping = asyncio.create_task(_reap())
        self.front.route(routes, "sites")
        self.front.start()
        self._warden = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(WARDEN), str(os.getpid())),
            stdin=self.lifeline.reading,
            env={},
            start_new_session=True,
        )

    def add(self, name: str, emit: Emit, url: str = "", logs: Path | None = None) -> HostedSite:
        """A site that serves nothing yet. url: where it is asked; by default ours. logs: its log folder,
        where `http/RawLogs/access.log` is written; the folder itself must be there."""
        site = self._sites[name] = HostedSite(name, url or self.url, self, emit, logs)
        return site

    async def remove(self, name: str) -> None:
        """End it and forget it. Its routes are to be gone before."""
        site = self._sites.pop(name)
        await site.rest()
        await site.end()
        self.front.drop(name)

    def route(self, routes: Mapping[str, str], view: View = "sites") -> None:
        """Which host name leads to which site on the listeners of that view, from the next request on. A name
        stands for itself; `*.NAME` for any one label before it; `*` for every other host. Names are in lower
        case, without a port."""
        self.front.route(routes, view)

    def certify(self, certificates: Mapping[str, Certificate]) -> None:
        """Which certificate is shown to clients that ask for which host name over TLS, from the next
        connection on; names as in `route`, `*` also for clients that name none. Files are read anew. Raises
        ConfigError, and changes nothing, when one cannot be used."""
        for certificate in dict.fromkeys(certificates.values()):
            check_certificate(certificate)
        self.front.certify(certificates)

    async def metrics(self) -> tuple[SiteMetrics, ...]:
        """What the front has counted since it began, of each site that was asked for since. Raises HostError
        when it does not tell within seconds."""
        return await self.front.metrics()

    async def broken(self) -> HostError:
        """Returns when the front has died too often: nothing is served any more."""
        return await self.front.failed()

    async def stop(self) -> None:
        """End everything, within 5 s unless a site's files give its processes more: the front first, so that
        running requests find their instance. A `replace` that runs is to be cancelled before."""
        await self.front.stop(FRONT_GRACE_SECONDS)
        await asyncio.gather(*(site.end() for site in self._sites.values()))
        if self._reaping:
            self._reaping.cancel()
            await asyncio.gather(self._reaping, return_exceptions=True)
        await end_all(_left_over())
        self.lifeline.close()
        if self._warden:
            await self._warden.wait()
        for listener in self._listeners:
            listener.socket.close()
        remove_runtime_folder(self._folder)

    def sockets(self) -> Path:
        return self._folder / str(next(self._numbers))

    # What the front says

    def wanted(self, site: str, pool: str) -> None:
        if site in self._sites:
            self._sites[site].wanted(pool)

    def retire(self, site: str, pool: str, address: str, why: Why) -> None:
        if site in self._sites:
            self._sites[site].retire(pool, address, why)

    def asked(self, site: str) -> None:
        self._asked(site)


async def _reap() -> None:
    reaper = OrphanReaper()
    while True:
        reaper.look()
        await asyncio.sleep(_REAP_SECONDS)


def _left_over() -> list[psutil.Process]:
    """Descendants that bear our tag though their instance is gone."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if TAG in process.environ():
                found.append(process)
    return found
