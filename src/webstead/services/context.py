"""What an endpoint is given: the server's parts, the site, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from webstead.effects import Clock
from webstead.services.arm import Envelope
from webstead.services.auth import Directory, Principal
from webstead.services.background import Background
from webstead.services.deployer import Deployer
from webstead.services.waiting import Waiting
from webstead.settings import Secret
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.jobs.keeper import JobKeeper
from webstead.site.server.orders import Supervision
from webstead.site.store import Store
from webstead.site.store.model import SiteRecord
from webstead.site.store.sites import find_site
from webstead.site.store.tokens import find_token

__all__ = ["Asked", "Context", "OfServer", "OfSite", "ServerContext", "SiteContext", "directory_of"]


@dataclass(frozen=True, slots=True)
class Context:
    """One for the process. host: who runs the sites. deployer: who makes deployments. run_token: of this run
    of the server; None where nobody serves the home. background: what outlives its request. waiting: what
    waits for a lock. jobs: who keeps the sites' jobs; None where nobody serves the home. sites_url: where the
    sites are, as `http://127.0.0.1:8000`; "" for the port that the management is asked on."""

    server: ServerHome
    store: Store
    host: Supervision
    deployer: Deployer
    clock: Clock
    run_token: Secret | None = None
    sites_url: str = ""
    background: Background = field(default_factory=Background)
    waiting: Waiting = field(default_factory=Waiting)
    jobs: JobKeeper | None = None

    @property
    def domain(self) -> str:
        """What the names of sites stand below."""
        return self.server.domain

    @property
    def temporary(self) -> Path:
        return self.server.temporary


def directory_of(context: Context) -> Directory:
    """Where credentials are looked up."""
    return Directory(
        lambda name: find_site(context.store, name),
        lambda text, now: find_token(context.store, text, now=now),
        context.run_token,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """base: scheme and host that the client spoke to, as `https://shop.scm.example.org`. path: as it was
    asked for, decoded once. raw_path, query: as they were sent. arm: None for a plain request."""

    principal: Principal
    client: str
    base: str
    path: str
    raw_path: str
    query: str
    user_agent: str
    arm: Envelope | None

    @property
    def url(self) -> str:
        return f"{self.base}{self.raw_path}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class SiteContext:
    """Of a request to a site's management."""

    context: Context
    record: SiteRecord
    home: SiteHome
    asked: Asked

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def principal(self) -> Principal:
        return self.asked.principal

    def url(self, path: str) -> str:
        """Of this management; path as `/api/deployments`."""
        return f"{self.asked.base}{path}"


@dataclass(frozen=True, slots=True)
class ServerContext:
    """Of a request to the server itself."""

    context: Context
    asked: Asked

    @property
    def principal(self) -> Principal:
        return self.asked.principal


CONTEXT = "webstead"
"""The name in an ASGI scope under which the guard leaves the context of the request."""


def _of_site(connection: HTTPConnection) -> SiteContext:
    found: object = connection.scope[CONTEXT]
    if not isinstance(found, SiteContext):
        raise TypeError("a route of sites stands among the server's")
    return found


def _of_server(connection: HTTPConnection) -> ServerContext:
    found: object = connection.scope[CONTEXT]
    if not isinstance(found, ServerContext):
        raise TypeError("a route of the server stands among a site's")
    return found


OfSite = Annotated[SiteContext, Depends(_of_site)]
"""The type of an endpoint's parameter that is given the SiteContext."""

OfServer = Annotated[ServerContext, Depends(_of_server)]
