"""`/api/scm`: the site's repository (reference 1.8), and the script that does by hand what a build does
(1.6).
"""

from __future__ import annotations

import io
import zipfile
from enum import IntEnum

from starlette.responses import Response

from webstead.effects.files import remove_tree
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.setting_aside import remove_later, set_aside
from webstead.services.wire import Answer
from webstead.site.ssh_key import delete_key
from webstead.site.store.deployments import delete_deployment, list_deployments
from webstead.site.store.settings import SettingKind, read_settings

__all__ = ["ROUTES"]


class RepositoryType(IntEnum):
    NONE = 0
    GIT = 1


class Repository(Answer):
    """Type: 0 none, 1 git. GitUrl: to push to."""

    Type: RepositoryType
    GitUrl: str


def info(site: OfSite) -> Repository:
    """Whether anything was pushed or fetched, and where to push to."""
    kind = RepositoryType.GIT if (site.home.repository / "HEAD").is_file() else RepositoryType.NONE
    return Repository(Type=kind, GitUrl=site.url(f"/{site.name}.git"))


def clean(site: OfSite) -> None:
    """Each commit is checked out into a folder of its own, so there is never anything to clean."""
    with site.context.deployer.hold(site.name, "The repository is cleaned", site.principal.name):
        return


def delete(site: OfSite, deleteWebRoot: str = "0", ignoreErrors: str = "0") -> None:
    """Remove the repository, the SSH key and the records of deployments. What the next deployment needs to
    clean up after the last one stays. deleteWebRoot=1: the releases go, too, and the site is empty."""
    with site.context.deployer.hold(site.name, "The repository is deleted", site.principal.name):
        try:
            _forget(site)
            if _is_true(deleteWebRoot):
                _empty(site)
        except OSError as error:
            if not _is_true(ignoreErrors):
                raise ApiError(500, "Not everything could be removed.", found=str(error)) from None


def script(site: OfSite) -> Response:
    """A zip with `.deployment` and `deploy.sh`: to be changed and put into the project."""
    deployments = list_deployments(site.context.store, site.name)
    if not any(not each.read_only and not each.temporary for each in deployments):
        raise ApiError(404, "Need to deploy website to get deployment script.")
    kinds: tuple[SettingKind, ...] = ("scm", "app")
    if any(read_settings(site.context.store, site.name, kind).get("COMMAND") for kind in kinds):
        raise ApiError(404, "Custom deployment scripts are not supported.", found="COMMAND is set")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(".deployment", "[config]\ncommand = bash deploy.sh\n")
        script = zipfile.ZipInfo("deploy.sh")
        script.external_attr = 0o100755 << 16
        archive.writestr(script, _SCRIPT)
    name = "attachment; filename=deploymentscript.zip"
    return Response(packed.getvalue(), headers={"Content-Disposition": name}, media_type="application/zip")


def _forget(site: SiteContext) -> None:
    remove_tree(site.home.repository)
    delete_key(site.home)
    for deployment in list_deployments(site.context.store, site.name):
        delete_deployment(site.context.store, site.name, deployment.id)


def _empty(site: SiteContext) -> None:
    """The pointer first, then the instances: what it led to is not needed by anybody then. The folders are
    set aside in any case: a site that is empty has no releases."""
    context, home = site.context, site.home
    if home.wwwroot.is_symlink():
        home.wwwroot.unlink()
    try:
        context.host.changed(site.name)
        context.host.settled(site.name)
    finally:
        remove_later(context, *(set_aside(context, folder) for folder in (home.releases, home.kept)))
        home.make()


def _is_true(text: str) -> bool:
    return text.strip().lower() in ("1", "true")


_SCRIPT = """\
#!/usr/bin/env bash
# Runs in the folder of the new release, before anything of it serves. A failure leaves the site as it is.
set -euo pipefail

if [ -f requirements.txt ] && [ ! -f .skipPythonDeployment ]; then
  python3 -m venv antenv --copies
  antenv/bin/pip install --requirement requirements.txt
fi

if [ -f manage.py ] && [ ! -f .skipDjango ]; then
  antenv/bin/python manage.py collectstatic --noinput --clear
fi
"""

_BUSY = {409: "A deployment runs"}
ROUTES = (
    Route("GET", "/scm/info", info, "read", "The repository", gives=Repository),
    Route("POST", "/scm/clean", clean, "deploy", "Clean the repository", status=204, others=_BUSY),
    Route(
        "DELETE",
        "/scm",
        delete,
        "deploy",
        "Delete the repository",
        status=204,
        others={**_BUSY, 500: "Not everything could be removed"},
    ),
    Route(
        "GET",
        "/deploymentscript",
        script,
        "read",
        "The deployment script",
        media="application/zip",
        at="api",
    ),
)
