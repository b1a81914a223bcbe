"""The sites that a front serves: each request to the application of its site, by its Host header.

A site that a route names and that nothing serves is *cold*. The first request makes its application, which
has no table yet, and asks the supervisor; it waits there, with those that come after it, until the table is
here. When the site goes cold again its application is forgotten, and ends when it has answered what it had
begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any, Protocol

from webstead.front.application import Application
from webstead.front.asgi import Receive, Scope, Send
from webstead.front.control import Forget, Replace, Route, SiteControl
from webstead.front.counts import Counts
from webstead.front.error_page import Problem
from webstead.front.exchange import Exchange
from webstead.front.hosts import Hosts
from webstead.front.limits import TABLE_WAIT_SECONDS
from webstead.front.tables import Tables
from webstead.site_metrics import SiteMetrics
from webstead.site_table import VIEWS, View

__all__ = ["Sites", "SitesOfView"]

_UNKNOWN = "No site has this name."
_ASK_SECONDS = 5.0
_WARM_KEPT = 1024
"""Hosts, as clients have written them, whose application is found at once."""
_FIX = "Look at the sites and their names: webstead site list"


class Supervisor(Protocol):
    """Who is told, and asked."""

    def asked(self, site: str) -> None:
        """A request waits for a site that nothing serves."""
        ...

    def of(self, site: str) -> SiteControl: ...


class _Served:
    """The application of a site, and its tables."""

    def __init__(self, application: Application, control: SiteControl) -> None:
        self.application = application
        self.control = control
        self.asked_at = -_ASK_SECONDS
        self.tables = Tables(application, lambda table: control.applied(table.revision, application.leaving))


class Sites:
    """make: an application for a site of that name, which tells what it is given, and counts."""

    def __init__(
        self, supervisor: Supervisor, make: Callable[[str, SiteControl, Counts], Application]
    ) -> None:
        self._supervisor = supervisor
        self._make = make
        self._served: dict[str, _Served] = {}
        self._counts: dict[str, Counts] = {}
        self._loop = asyncio.get_running_loop()
        self._views = {view: SitesOfView(self) for view in VIEWS}

    def of(self, view: View) -> SitesOfView:
        """What answers the clients of a listener of this view."""
        return self._views[view]

    def obey(self, order: Route | Replace | Forget) -> None:
        if isinstance(order, Route):
            self._views[order.view].route(order.routes)
        elif isinstance(order, Replace):
            self._of(order.site).tables.take(order.table)
        else:
            self._forget(order)

    @property
    def metrics(self) -> list[SiteMetrics]:
        """Of each site that was ever asked for, and that is still there."""
        there = set(self._served).union(*(view.sites for view in self._views.values()))
        self._counts = {site: counts for site, counts in self._counts.items() if site in there}
        now = perf_counter()
        return [counts.of(site, now) for site, counts in self._counts.items()]

    def warm(self, site: str) -> Application | None:
        """Its application, when that has a table."""
        served = self._served.get(site)
        return served.application if served is not None and served.application.has_table else None

    def wake(self, site: str) -> Application:
        """Its application, in which requests wait for a table that is asked for."""
        served = self._of(site)
        now = self._loop.time()
        if not served.application.has_table and now - served.asked_at >= _ASK_SECONDS:
            served.asked_at = now  # again from time to time, in case that it was not heard
            self._supervisor.asked(site)
        return served.application

    def _of(self, site: str) -> _Served:
        served = self._served.get(site)
        if served is None:
            control = self._supervisor.of(site)
            counts = self._counts.setdefault(site, Counts())
            served = self._served[site] = _Served(self._make(site, control, counts), control)
        return served

    def _forget(self, order: Forget) -> None:
        for view in self._views.values():
            view.look_again()
        served = self._served.pop(order.site, None)
        if served is None:
            self._supervisor.of(order.site).applied(order.revision, [])
            return
        served.application.close()
        served.control.applied(order.revision, served.application.leaving)


class SitesOfView:
    """The sites as the routes of one view lead to them.

    No coroutine stands between a connection and a warm application: that is looked up by the bytes of the
    Host header, or not even that where all hosts are one site's."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._hosts: Hosts[str] = Hosts({})
        self._only: Application | None = None
        self._warm: dict[bytes, Application] = {}
        self._routed = asyncio.Event()

    def route(self, routes: dict[str, str]) -> None:
        self._hosts = Hosts(routes)
        self.look_again()
        self._routed.set()

    @property
    def sites(self) -> list[str]:
        return self._hosts.goals

    def look_again(self) -> None:
        """What was found may have gone."""
        self._only = None
        self._warm.clear()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        application = self._only
        if application is None:
            host = _host(scope)
            application = self._warm.get(host)
            if application is None:
                application = self._find(host)
                if application is None:
                    return self._begin(host, scope, receive, send)
        return application(scope, receive, send)

    def _find(self, host: bytes) -> Application | None:
        """One that has a table."""
        site = self._hosts.of(host)
        application = None if site is None else self._sites.warm(site)
        if application is None:
            return None
        if site == self._hosts.only:
            self._only = application
        elif len(self._warm) < _WARM_KEPT:
            self._warm[host] = application
        return application

    async def _begin(self, host: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """With the first request of a site, or the first of all."""
        try:
            async with asyncio.timeout(TABLE_WAIT_SECONDS):
                await self._routed.wait()
        except TimeoutError:
            await _refuse(scope, receive, send, Problem(503, "The server is starting. Try again shortly."))
            return
        site = self._hosts.of(host)
        if site is None:
            found = host.decode("latin-1") or "no Host header"
            await _refuse(scope, receive, send, Problem(404, _UNKNOWN, found=found, fix=_FIX))
            return
        await self._sites.wake(site)(scope, receive, send)


def _host(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"host":
            return value
    return b""


async def _refuse(scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
    await Exchange(scope, receive, send, dict(scope["headers"])).refuse(problem)
