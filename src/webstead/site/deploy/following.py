"""What WEBSITE_RUN_FROM_PACKAGE names now, as the release that serves: looked at when a site is restarted,
when the setting changes, and when the server starts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from webstead.settings import Secret
from webstead.site.deploy.addresses import shown_url
from webstead.site.deploy.fetch import download
from webstead.site.deploy.model import Package, Request
from webstead.site.deploy.package import RUN_FROM_PACKAGE, package_address, runs_from_package
from webstead.site.deploy.record import new_id
from webstead.site.deploy.site_packages import chosen_package, copy_package
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.releases.note import read_note
from webstead.site.store import Store
from webstead.site.store.activations import activations
from webstead.site.store.model import Deployment
from webstead.site.store.settings import read_settings

__all__ = ["follow_package"]

Deploy = Callable[[Request], Deployment]


def follow_package(server: ServerHome, store: Store, site: str, deploy: Deploy) -> Deployment | None:
    """Deploys the package that the setting names, when the release that serves is of another; None when
    nothing was to be done. Of `1` it is the one that `packagename.txt` names, if that was written since a
    release was last switched to: what was deployed or gone back to afterwards stays. An address is fetched
    each time. Raises UsageError for a name that leads to none, and as `download` and `deploy`."""
    app, home = read_settings(store, site, "app"), server.site(site)
    address = package_address(app)
    if address:
        return _fetched(server, home, Secret(address), deploy)
    if not runs_from_package(app):
        return None
    name = _newly_chosen(store, home)
    if name is None or name == read_note(home, home.release).runs_from:
        return None
    file = _new_file(server)
    try:
        copy_package(home, name, file)
        return deploy(_request(home, Package(file, name), name))
    finally:
        file.unlink(missing_ok=True)


def _fetched(server: ServerHome, home: SiteHome, address: Secret, deploy: Deploy) -> Deployment | None:
    file = _new_file(server)
    try:
        download(address, file)
        with file.open("rb") as opened:
            name = f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"
        if name == read_note(home, home.release).runs_from:
            return None
        return deploy(_request(home, Package(file, name), shown_url(address)))
    finally:
        file.unlink(missing_ok=True)


def _newly_chosen(store: Store, home: SiteHome) -> str | None:
    chosen, made = chosen_package(home), activations(store, home.name)
    if chosen is None or (made and chosen.written <= made[0].time.timestamp()):
        return None
    return chosen.name


def _request(home: SiteHome, package: Package, what: str) -> Request:
    return Request(home.name, package, deployer=RUN_FROM_PACKAGE, message=f"Run from {what}")


def _new_file(server: ServerHome) -> Path:
    return server.temporary / f"package-{new_id()}.zip"
