"""The sites that a front serves: each request to the application of its site, by its Host header.

A site that a route names and that nothing serves is *cold*. The first request makes its application, which
has no table yet, and asks the supervisor; it waits there, with those that come after it, until the table is
here. When the site goes cold again its application is forgotten, and ends when it has answered what it had
begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from webstead.front.application import Application
from webstead.front.asgi import Receive, Scope, Send
from webstead.front.control import Forget, Replace, Route, SiteControl
from webstead.front.error_page import Problem
from webstead.front.exchange import Exchange
from webstead.front.hosts import Hosts
from webstead.front.limits import TABLE_WAIT_SECONDS
from webstead.front.tables import Tables

__all__ = ["Sites"]

_UNKNOWN = "No site has this name."
_ASK_SECONDS = 5.0
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
    """make: an application for a site of that name, which tells what it is given."""

    def __init__(self, supervisor: Supervisor, make: Callable[[str, SiteControl], Application]) -> None:
        self._supervisor = supervisor
        self._make = make
        self._hosts = Hosts({})
        self._served: dict[str, _Served] = {}
        self._routed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def obey(self, order: Route | Replace | Forget) -> None:
        if isinstance(order, Route):
            self._hosts = Hosts(order.routes)
            self._routed.set()
        elif isinstance(order, Replace):
            self._of(order.site).tables.take(order.table)
        else:
            self._forget(order)

    def _of(self, site: str) -> _Served:
        served = self._served.get(site)
        if served is None:
            control = self._supervisor.of(site)
            served = self._served[site] = _Served(self._make(site, control), control)
        return served

    def _forget(self, order: Forget) -> None:
        served = self._served.pop(order.site, None)
        if served is None:
            self._supervisor.of(order.site).applied(order.revision, [])
            return
        served.application.close()
        served.control.applied(order.revision, served.application.leaving)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        only = self._hosts.only
        site = only if only is not None else self._hosts.site(_host(scope))
        served = None if site is None else self._served.get(site)
        if served is not None and served.application.has_table:
            await served.application(scope, receive, send)
        else:
            await self._begin(scope, receive, send)

    async def _begin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """With the first request of a site, or the first of all."""
        try:
            async with asyncio.timeout(TABLE_WAIT_SECONDS):
                await self._routed.wait()
        except TimeoutError:
            await _refuse(scope, receive, send, Problem(503, "The server is starting. Try again shortly."))
            return
        site = self._hosts.site(_host(scope))
        if site is None:
            found = _host(scope).decode("latin-1") or "no Host header"
            await _refuse(scope, receive, send, Problem(404, _UNKNOWN, found=found, fix=_FIX))
            return
        served = self._of(site)
        self._ask(site, served)
        await served.application(scope, receive, send)

    def _ask(self, site: str, served: _Served) -> None:
        """Again from time to time, in case that it was not heard."""
        now = self._loop.time()
        if not served.application.has_table and now - served.asked_at >= _ASK_SECONDS:
            served.asked_at = now
            self._supervisor.asked(site)


def _host(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"host"), b"")


async def _refuse(scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
    await Exchange(scope, receive, send, dict(scope["headers"])).refuse(problem)
