"""What a deployment begins with: the site, its settings, the release that serves, the id of the new one."""

from __future__ import annotations

from webstead.effects.clock import Clock
from webstead.errors import UsageError
from webstead.host.confined import confined
from webstead.site.custody import custody
from webstead.site.deploy.lock import Held
from webstead.site.deploy.log import DeploymentLog
from webstead.site.deploy.model import Host, Request
from webstead.site.deploy.programs import WatchedRunner
from webstead.site.deploy.record import new_id
from webstead.site.deploy.switching import find_old
from webstead.site.deploy.variables import build_environ
from webstead.site.deploy.work import Work
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.hosts import first_host
from webstead.site.releases.note import has_note
from webstead.site.store import Store
from webstead.site.store.model import SiteRecord
from webstead.site.store.settings import read_settings
from webstead.site.store.sites import find_site
from webstead.site.workshop import workshop_of

__all__ = ["begin_work", "known_site"]


def known_site(store: Store, name: str) -> SiteRecord:
    """Raises UsageError."""
    site = find_site(store, name)
    if site is None:
        raise UsageError(f"There is no site {name}.", found=f"{store.path}", fix="webstead site list")
    return site


def begin_work(
    server: ServerHome,
    store: Store,
    host: Host,
    site: SiteRecord,
    request: Request,
    held: Held,
    log: DeploymentLog,
    clock: Clock,
) -> Work:
    """A wwwroot that is a folder becomes a release: after that the new one follows it. Raises StartError
    where there is no such system user as the site's, or we may not be it."""
    home = server.site(site.name)
    app = read_settings(store, site.name, "app")
    scm = {**read_settings(store, site.name, "scm"), **request.settings}
    release = _release_id(home, held)
    workshop = workshop_of(custody(home, site.options))
    environ = build_environ(home, app, first_host(site, server.domain))
    return Work(
        server=server,
        store=store,
        host=host,
        record=site,
        request=request,
        held=held,
        log=log,
        clock=clock,
        runner=WatchedRunner(held, log, confined(workshop.confinement)),
        app=app,
        scm=scm,
        environ=workshop.environ(environ),
        workshop=workshop,
        release=release,
        old=find_old(home, release),
    )


def _release_id(home: SiteHome, held: Held) -> str:
    """The deployment's own id; that of one which is deployed again is another each time."""
    wanted = held.deployment
    taken = home.folder_of(wanted).exists() or has_note(home, wanted)
    return f"{wanted[:24]}-{new_id()[:8]}" if taken else wanted
