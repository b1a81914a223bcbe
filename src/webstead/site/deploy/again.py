"""Deploying again what was deployed before: from what was kept of it."""

from __future__ import annotations

import os
from pathlib import Path

from webstead.effects.clock import Clock
from webstead.site.deploy.gather import PACKAGE
from webstead.site.deploy.model import Commit, Folder, Host, Package, Request, Source, Zip
from webstead.site.deploy.not_here import NotHere
from webstead.site.deploy.pipeline import Watcher, deploy
from webstead.site.deploy.record import new_id
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.store import Store
from webstead.site.store.deployments import find_deployment
from webstead.site.store.model import Deployment

__all__ = ["redeploy"]


def redeploy(
    server: ServerHome,
    store: Store,
    host: Host,
    site: str,
    deployment: str,
    *,
    clean: bool,
    clock: Clock,
    by: str = "",
    watcher: Watcher | None = None,
) -> Deployment:
    """As `deploy`, under the id that it has. Raises NotHere, with the status 404, when there is no such
    deployment, or nothing of it is kept."""
    found = find_deployment(store, site, deployment)
    if found is None:
        raise NotHere(f"There is no deployment {deployment[:80]}.", found=site, fix="See the list of them.")
    request = Request(
        site,
        _kept(server, found),
        id=found.id,
        deployer=by or found.deployer,
        author=found.author,
        author_email=found.author_email,
        message=found.message,
        clean=clean,
    )
    return deploy(server, store, host, request, clock=clock, watcher=watcher or Watcher(), why="redeployment")


def _kept(server: ServerHome, deployment: Deployment) -> Source:
    home = server.site(deployment.site)
    package = home.deployments / deployment.id / PACKAGE
    if package.is_file():
        file = _linked(server, package)
        if deployment.source == "package":
            return Package(file)
        return Zip(file, folder=deployment.source == "folder")
    if deployment.source in ("git", "fetch"):
        return Commit(deployment.id)
    return _of_release(home, deployment)


def _linked(server: ServerHome, package: Path) -> Path:
    """A second name: the deployment removes the one that it is given."""
    file = server.temporary / f"again-{new_id()}.zip"
    os.link(package, file)
    return file


def _of_release(home: SiteHome, deployment: Deployment) -> Source:
    folder = home.folder_of(deployment.release)
    if deployment.release and not deployment.read_only and folder.is_dir():
        return Folder(folder)
    raise NotHere(
        "Nothing of this deployment is kept that could be deployed again.",
        found=f"{deployment.id[:10]}: {deployment.source}",
        fix="Deploy its source anew.",
    )
