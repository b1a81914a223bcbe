"""All sites of a server: which are warm, and what orders and requests make of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict
from functools import partial
from typing import Any

from webstead.errors import ConfigError, HostError, UsageError, WebsteadError
from webstead.events import Emit, Failed, Note
from webstead.host.supervisor import Supervisor
from webstead.site.custody import end_custody
from webstead.site.homes import ServerHome
from webstead.site.hosts import MANAGEMENT_ROUTES, first_host, routes
from webstead.site.server.certificates import Certificates
from webstead.site.server.facts import Facts, changes, steps
from webstead.site.server.idling import idle_sites
from webstead.site.server.orders import Order
from webstead.site.server.roll import Roll
from webstead.site.server.site import ServedSite
from webstead.site.store import Store
from webstead.site.store.model import SiteRecord
from webstead.site.store.settings import read_settings
from webstead.site.store.sites import find_site, list_sites

__all__ = ["Sites"]

WARMING_AT_ONCE = 4
"""Sites that are planned at the same time: each takes a core for a tenth of a second."""

IDLE_LOOK_SECONDS = 15.0
CERTIFICATE_LOOK_SECONDS = 60.0
"""Until files that certbot has renewed are shown: it renews them a month before they end."""

_RESTS = "Nobody has asked for it in a while: it rests until somebody does."


class Sites:
    """emit_of: where the events of a site go. roll: of the instances, kept by these events. apart: the
    management has a port of its own. certificates: that clients are shown over TLS; None where nobody speaks
    it."""

    def __init__(
        self,
        server: ServerHome,
        store: Store,
        supervisor: Supervisor,
        emit_of: Callable[[str], Emit],
        roll: Roll,
        *,
        certificates: Certificates | None = None,
        apart: bool = False,
    ) -> None:
        self._server = server
        self._store = store
        self._supervisor = supervisor
        self._emit_of = emit_of
        self._roll = roll
        self._certificates = certificates
        self._certifying = asyncio.Lock()
        self._apart = apart
        self._sites: dict[str, ServedSite] = {}
        self._records: dict[str, SiteRecord] = {}
        self._warming = asyncio.Semaphore(WARMING_AT_ONCE)
        self._works: set[asyncio.Task[None]] = set()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._records))

    @property
    def routes(self) -> dict[str, str]:
        return routes(self._records.values(), self._server.domain, apart=self._apart)

    async def begin(self) -> None:
        """Read which sites there are, and warm those that are always on."""
        for record in await asyncio.to_thread(list_sites, self._store):
            self._add(record)
        await self._reroute()
        for name, record in self._records.items():
            if record.options.always_on and not record.stopped:
                self.ask(name)
        self._later(_again_and_again(IDLE_LOOK_SECONDS, self._look_for_idle))
        if self._certificates is not None:
            look = partial(self._look_after, self._certificates)
            self._later(_again_and_again(CERTIFICATE_LOOK_SECONDS, look))

    def ask(self, name: str) -> None:
        """A request waits for the site, or it is to be warm anyway."""
        if name in self._sites:
            self._later(self._warm(name))

    async def perform(self, order: Order) -> object:
        """An order of the management. Gives JSON values; raises WebsteadError."""
        match order.order:
            case "activate":
                error = await self._of(order.site).activate(order.release, renew=order.renew)
                if error is not None:
                    raise error
            case "settled":
                error = await self._of(order.site).settled()
                if error is not None:
                    raise error
            case "changed":
                await self._changed(order.site)
            case "recycle":
                error = await self._of(order.site).recycle("restart")
                if error is not None:
                    raise error
            case "instances":
                return [asdict(each) for each in self._roll.of(order.site)]
            case "metrics":
                counted = await self._supervisor.metrics()
                return [each.as_json() for each in counted if each.site in self._records]
        return None

    async def end(self) -> None:
        """Nothing is begun any more; what follows files ends. The supervisor ends the instances."""
        for work in self._works:
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)
        await asyncio.gather(*(site.leave() for site in self._sites.values()))

    def _add(self, record: SiteRecord) -> None:
        name = record.name
        self._records[name] = record
        url = f"{self._scheme_and_port(first_host(record, self._server.domain))}"
        emit = self._emit_of(name)
        hosted = self._supervisor.add(name, emit, url, logs=self._server.site(name).log_files)
        self._sites[name] = ServedSite(
            self._server.site(name),
            hosted,
            lambda: self._look(name),
            lambda facts: first_host(facts.record, self._server.domain),
            emit,
        )

    def _scheme_and_port(self, host: str) -> str:
        scheme, _, address = self._supervisor.url.partition("://")
        port = address.rpartition(":")[2]
        return f"{scheme}://{host}:{port}"

    def _look(self, name: str) -> Facts | None:
        record = find_site(self._store, name)
        if record is None:
            return None
        return Facts(record, read_settings(self._store, name, "app"), self._server.site(name).release)

    async def _reroute(self) -> None:
        """With the certificates of the hosts first, so that each is there when it leads somewhere."""
        if self._certificates is not None:
            await self._certify(self._certificates)
        self._supervisor.route(self.routes)
        if self._apart:
            self._supervisor.route(MANAGEMENT_ROUTES, "management")

    async def _certify(self, certificates: Certificates) -> None:
        async with self._certifying:
            records = tuple(self._records.values())
            self._supervisor.certify(await asyncio.to_thread(certificates.of, records))

    async def _look_after(self, certificates: Certificates) -> None:
        """Connections that are there go on with what they have agreed on."""
        with contextlib.suppress(ConfigError, OSError):  # it has told; the earlier are shown on
            if await asyncio.to_thread(certificates.is_due):
                await self._certify(certificates)

    def _of(self, name: str) -> ServedSite:
        try:
            return self._sites[name]
        except KeyError:
            raise UsageError(f"There is no site {name}.", found="", fix="webstead site list") from None

    async def _warm(self, name: str) -> None:
        async with self._warming:
            site = self._sites.get(name)
            try:
                if site is not None:
                    await site.warm()
            except WebsteadError as error:
                self._emit_of(name)(Failed(error.as_json()))

    async def _look_for_idle(self) -> None:
        """A front that does not answer now is asked the next time."""
        warm = [self._records[name] for name, site in self._sites.items() if site.is_warm]
        if not warm:
            return
        with contextlib.suppress(HostError):
            idle = idle_sites(warm, await self._supervisor.metrics())
            await asyncio.gather(*(self._let_rest(name) for name in idle))

    async def _let_rest(self, name: str) -> None:
        """Unless it was deleted meanwhile."""
        site = self._sites.get(name)
        if site is not None:
            self._emit_of(name)(Note("info", _RESTS))
            await site.cool()

    async def _changed(self, name: str) -> None:
        now = await asyncio.to_thread(self._look, name)
        site = self._sites.get(name)
        if site is None:
            if now is not None:
                self._add(now.record)
                await self._reroute()
            return
        before = site.facts or Facts(self._records[name], {} if now is None else now.settings, None)
        found = changes(before, now) - ({"release"} if site.facts is None else set())
        await self._take_up(name, site, now, steps(found))

    async def _take_up(self, name: str, site: ServedSite, now: Facts | None, wanted: frozenset[str]) -> None:
        if now is None:
            del self._records[name], self._sites[name]
        else:
            self._records[name] = now.record
        if "reroute" in wanted:
            await self._reroute()
        if "forget" in wanted:
            await site.leave()
            await self._supervisor.remove(name)
            await asyncio.to_thread(end_custody, self._server.site(name))
        if "cool" in wanted:
            await site.cool()
        elif "renew" in wanted:
            error = await site.renew()
            if error is not None:
                raise error
        if "warm" in wanted:
            self.ask(name)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._works.add(task)
        task.add_done_callback(self._works.discard)


async def _again_and_again(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    """A mistake of ours in one look is told by the loop, and ends no other look."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await look()
        except Exception as error:  # noqa: BLE001 - whatever it is
            what = {"message": "A look at the sites failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(what)
