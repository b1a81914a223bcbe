"""What the steps of one deployment work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webstead.effects.clock import Clock
from webstead.site.deploy.lock import Held
from webstead.site.deploy.log import DeploymentLog
from webstead.site.deploy.model import Host, Request
from webstead.site.deploy.programs import WatchedRunner
from webstead.site.deploy.settings import merged
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.releases.manifest import EMPTY, Manifest, read_manifest
from webstead.site.store import Store
from webstead.site.store.deployments import list_deployments
from webstead.site.store.model import SiteRecord
from webstead.site.workshop import Workshop

__all__ = ["ForwardClock", "Work"]

_STEP = timedelta(microseconds=1)
_LAST_BUT_ONE = datetime.max.replace(tzinfo=UTC) - _STEP


class ForwardClock:
    """A clock whose dates never go back, also when the machine's does: later is later, in lists, too. A
    record of what happened elsewhere has no part in it: its times are what somebody says."""

    def __init__(self, clock: Clock, store: Store, site: str) -> None:
        times = [
            time
            for each in list_deployments(store, site)
            if not each.read_only
            for time in (each.received, each.started, each.ended)
            if time is not None
        ]
        self._clock = clock
        self._last = max(times, default=None)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def now(self) -> datetime:
        now = self._clock.now()
        if self._last is not None and now <= self._last:
            now = min(self._last, _LAST_BUT_ONE) + _STEP
        self._last = now
        return now


@dataclass(frozen=True, slots=True)
class Work:
    """app: the app's settings. scm: those of deployments alone. environ: of builds. workshop: where, and
    as whom, they are made. release: the id of the one that is made; its folder is there from the beginning of
    "build" on. old: what serves."""

    server: ServerHome
    store: Store
    host: Host
    record: SiteRecord
    request: Request
    held: Held
    log: DeploymentLog
    clock: Clock
    runner: WatchedRunner
    app: Mapping[str, str]
    scm: Mapping[str, str]
    environ: Mapping[str, str]
    workshop: Workshop
    release: str
    old: str | None

    @property
    def home(self) -> SiteHome:
        return self.server.site(self.record.name)

    @property
    def settings(self) -> dict[str, str]:
        """Merged, without what `.deployment` says: that is known when it is received."""
        return merged(self.scm, self.app, {})

    @property
    def folder(self) -> Path:
        """Of the new release."""
        return self.home.folder_of(self.release)

    @property
    def raw(self) -> Path:
        """Where it is received; hidden, so that a crash leaves nothing that looks like a release."""
        return self.home.releases / f".{self.release}"

    @property
    def serves(self) -> bool:
        """Whether the pointer leads to the new release."""
        return self.home.release == self.release

    @property
    def temporary(self) -> Path:
        """Of the commands that it runs; not there before."""
        own = self.workshop.cache / "tmp" if self.workshop.is_apart else self.server.temporary
        return own / f"deploy-{self.release}"

    @property
    def old_manifest(self) -> Manifest:
        return EMPTY if self.old is None else read_manifest(self.home.deployments / self.old)
