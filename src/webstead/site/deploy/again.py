"""Deploying again what was deployed before: from what was kept of it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from webstead.effects.clock import Clock
from webstead.effects.plain_files import read_up_to
from webstead.errors import UsageError
from webstead.site.custody import custody
from webstead.site.deploy.beginning import known_site
from webstead.site.deploy.gather import COMMIT, PACKAGE
from webstead.site.deploy.git import commit_of
from webstead.site.deploy.model import Commit, Folder, Host, Package, Request, Source, Zip
from webstead.site.deploy.not_here import NotHere
from webstead.site.deploy.pipeline import Watcher, deploy
from webstead.site.deploy.record import new_id
from webstead.site.deploy.repository import find_repository
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.store import Store
from webstead.site.store.deployments import find_deployment
from webstead.site.store.model import Deployment, SiteOptions

__all__ = ["redeploy"]

_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LONGEST = 100


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
        _kept(server, store, found),
        id=found.id,
        deployer=by or found.deployer,
        author=found.author,
        author_email=found.author_email,
        message=found.message,
        clean=clean,
    )
    return deploy(server, store, host, request, clock=clock, watcher=watcher or Watcher(), why="redeployment")


def _kept(server: ServerHome, store: Store, deployment: Deployment) -> Source:
    home = server.site(deployment.site)
    package = home.deployments / deployment.id / PACKAGE
    if package.is_file():
        file = _linked(server, package)
        if deployment.source == "package":
            return Package(file)
        return Zip(file, folder=deployment.source == "folder")
    if deployment.source in ("git", "fetch"):
        return _commit(home, known_site(store, home.name).options, deployment)
    return _of_release(home, deployment)


def _commit(home: SiteHome, options: SiteOptions, deployment: Deployment) -> Commit:
    """That is in the repository: what fails later is recorded as another run of the deployment."""
    revision = _fetched(home, deployment.id)
    if not revision:
        raise _nothing(deployment)
    try:
        return Commit(commit_of(find_repository(home, custody(home, options)), revision).id)
    except NotHere:
        raise
    except UsageError as error:
        raise NotHere(error.what, found=error.found, fix=error.fix) from None


def _fetched(home: SiteHome, deployment: str) -> str:
    """A commit, which is the deployment's id where git brought it; "" when it is not known."""
    try:
        noted = read_up_to(home.deployments / deployment / COMMIT, _LONGEST)
    except OSError:
        return deployment if _OBJECT.fullmatch(deployment) else ""
    text = noted.decode("ascii", "replace").strip()
    return text if _OBJECT.fullmatch(text) else ""


def _linked(server: ServerHome, package: Path) -> Path:
    """A second name: the deployment removes the one that it is given."""
    file = server.temporary / f"again-{new_id()}.zip"
    os.link(package, file)
    return file


def _of_release(home: SiteHome, deployment: Deployment) -> Source:
    folder = home.folder_of(deployment.release)
    if deployment.release and not deployment.read_only and folder.is_dir():
        return Folder(folder)
    raise _nothing(deployment)


def _nothing(deployment: Deployment) -> NotHere:
    return NotHere(
        "Nothing of this deployment is kept that could be deployed again.",
        found=f"{deployment.id[:10]}: {deployment.source}",
        fix="Deploy its source anew.",
    )
