"""The deployments of this home, as the management asks for them: `Deployer`, done by `site.deploy`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from webstead.effects import Clock
from webstead.errors import WebsteadError
from webstead.services.deployer import LockHolder
from webstead.site.deploy.again import redeploy
from webstead.site.deploy.following import follow_package
from webstead.site.deploy.hooks import publish
from webstead.site.deploy.lock import cancel, hold, holder
from webstead.site.deploy.model import Host, Request
from webstead.site.deploy.pipeline import Watcher, deploy
from webstead.site.deploy.record import close_reserved, reserve
from webstead.site.deploy.recover import recover
from webstead.site.deploy.rollback import rollback
from webstead.site.deploy.spares import Spares
from webstead.site.deploy.work import ForwardClock
from webstead.site.homes import ServerHome
from webstead.site.store import Store
from webstead.site.store.model import Deployment
from webstead.site.store.sites import list_sites

__all__ = ["SiteDeployer"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SiteDeployer:
    """Each method is what `Deployer` says of it."""

    server: ServerHome
    store: Store
    host: Host
    clock: Clock
    spares: Spares = field(default_factory=Spares)

    def holder(self, site: str) -> LockHolder | None:
        found = holder(self.server.site(site))
        return None if found is None else LockHolder(found.what, found.by, found.since, found.deployment)

    def hold(self, site: str, what: str, by: str, *, seconds: float = 0) -> AbstractContextManager[object]:
        self.spares.halt(site)
        return hold(self.server.site(site), what, by, seconds=seconds, clock=self.clock)

    def cancel(self, site: str, by: str, deployment: str = "") -> bool:
        return cancel(self.server.site(site), by, deployment)

    def reserve(self, request: Request) -> str:
        return reserve(self.store, request, clock=self.clock).id

    def close(self, site: str, reserved: str, error: WebsteadError) -> None:
        close_reserved(self.store, site, reserved, error, ForwardClock(self.clock, self.store, site))

    def deploy(
        self, request: Request, reserved: str = "", begun: Callable[[], None] = lambda: None
    ) -> Deployment:
        self.spares.halt(request.site)
        done = deploy(
            *(self.server, self.store, self.host, request),
            clock=self.clock,
            reserved=reserved,
            watcher=Watcher(on_begin=begun),
        )
        self.spares.begin(self.server.site(request.site))
        return done

    def redeploy(self, site: str, deployment: str, *, clean: bool, by: str) -> Deployment:
        self.spares.halt(site)
        return redeploy(
            *(self.server, self.store, self.host, site, deployment), clean=clean, clock=self.clock, by=by
        )

    def rollback(self, site: str, release: str | None, by: str) -> str:
        return rollback(self.server, self.store, self.host, site, release, by, clock=self.clock)

    def follow_package(self, site: str) -> bool:
        return follow_package(self.server, self.store, site, self.deploy) is not None

    def follow_packages(self) -> None:
        for site in list_sites(self.store):
            try:
                self.follow_package(site.name)
            except (WebsteadError, OSError) as error:
                _log.warning("The package of %s could not be followed: %s", site.name, error)

    def publish(self, site: str, event: str, body: bytes) -> None:
        publish(self.store, site, event, body, clock=self.clock)

    def recover(self) -> None:
        recover(self.server, self.store, self.host, clock=self.clock)
