"""Going back: a release that is there becomes the current one again. Nothing is built."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from webstead.effects.clock import Clock
from webstead.errors import UsageError
from webstead.site.deploy.lock import hold
from webstead.site.deploy.model import Host
from webstead.site.deploy.not_here import NotHere
from webstead.site.deploy.switching import Succession, bring_kept, collect_late, serve
from webstead.site.deploy.work import ForwardClock
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.releases.manifest import read_manifest
from webstead.site.releases.note import has_note, read_note
from webstead.site.store import Store
from webstead.site.store.activations import activations, record_activation
from webstead.site.store.model import Activation

__all__ = ["Release", "list_releases", "rollback"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Release:
    """One that is there. deployment: that made it. current: the pointer leads to it. created: None for one
    that was found in wwwroot."""

    id: str
    deployment: str
    message: str
    deployer: str
    created: datetime | None
    current: bool


def list_releases(server: ServerHome, store: Store, site: str) -> tuple[Release, ...]:
    """The newest activated first; each was the current one once."""
    home = server.site(site)
    names = dict.fromkeys(each.release for each in activations(store, site))
    return tuple(_release(home, name) for name in names if _is_whole(home, name))


def _release(home: SiteHome, name: str) -> Release:
    note = read_note(home, name)
    return Release(name, note.deployment, note.message, note.deployer, note.time, name == home.release)


def _is_whole(home: SiteHome, release: str) -> bool:
    return home.folder_of(release).is_dir() and has_note(home, release)


def rollback(
    server: ServerHome,
    store: Store,
    host: Host,
    site: str,
    release: str | None = None,
    by: str = "",
    *,
    clock: Clock,
) -> str:
    """release: None for the one that was current before this one. The id of the one that is current now.
    Raises Locked, NotHere, and the host's error when it does not start: then nothing has changed."""
    home = server.site(site)
    forward = ForwardClock(clock, store, site)
    with hold(home, "rollback", by, clock=forward):
        wanted = release or _before(server, store, home)
        if not _is_whole(home, wanted):
            raise NotHere(
                f"There is no release {wanted[:40]}.", found=site, fix=f"webstead releases --site {site}"
            )
        if wanted == home.release:
            return wanted
        succession = Succession(home, home.release, wanted, read_manifest(home.deployments / wanted))
        found, _ = bring_kept(succession)
        serve(succession, host, _log.warning, renew=True, flush=False)
        collect_late(succession, _log.warning, found)  # before the record, which says that this was done
        record_activation(store, Activation(site, wanted, forward.now(), "rollback", by))
    return wanted


def _before(server: ServerHome, store: Store, home: SiteHome) -> str:
    """The release that served before the current one: of those that are there, the next older one."""
    made = sorted(
        (each for each in list_releases(server, store, home.name) if each.created is not None),
        key=lambda each: each.created.isoformat() if each.created else "",
    )
    names = [each.id for each in made]
    current = home.release
    place = names.index(current) if current in names else len(names)
    if place == 0:
        raise UsageError(
            "There is no earlier release.",
            found=f"kept: {', '.join(each[:10] for each in reversed(names)) or 'none'}",
            fix="Name one of these (webstead rollback RELEASE), or deploy the one you want.",
        )
    return names[place - 1]
