"""`/api/releases`: what can be served again at once, and `/api/lock`: who deploys. Webstead's own."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from webstead.errors import WebsteadError
from webstead.services.bodies import taken
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.pushing import failed
from webstead.services.wire import Answer, Date, Given
from webstead.site.deploy.package import RUN_FROM_PACKAGE
from webstead.site.deploy.settings import is_true, value_of
from webstead.site.releases.manifest import read_manifest
from webstead.site.releases.note import has_note, read_note
from webstead.site.releases.partial import known_files
from webstead.site.releases.prune import releases_of
from webstead.site.store.settings import read_settings

__all__ = ["ROUTES"]


class Release(Answer):
    """deployment: that made it; its record may be gone. size: in bytes, null when it was not counted."""

    id: str
    deployment: str
    message: str
    deployer: str
    created: Date
    current: bool
    size: int | None


class RollbackWish(Given):
    """release: null for the one that was current before."""

    release: str | None = None


class ReleaseFile(Answer):
    """As it was brought, and is still."""

    path: str
    size: int
    crc32: int
    executable: bool


class ReleaseFiles(Answer):
    """release: its id. files: those that the next deployment may leave out when they have not changed."""

    release: str
    files: list[ReleaseFile]


class LockItem(Answer):
    what: str
    by: str
    since: Date


def show_all(site: OfSite) -> list[Release]:
    """Those that are kept, the newest first."""
    try:
        names = [each.name for each in site.home.releases.iterdir() if has_note(site.home, each.name)]
    except OSError:
        names = []
    return sorted((_item(site, name) for name in names), key=lambda each: each.created, reverse=True)


async def rollback(
    site: OfSite, wish: Annotated[RollbackWish, taken(RollbackWish, optional=True)]
) -> Release:
    """Within a second, and without building: the instances of that release take over from those that run."""
    return await _activate(site, wish.release)


async def activate(site: OfSite, id: str) -> Release:  # noqa: A002 - the name in the path
    """As rollback, to this one."""
    return await _activate(site, id)


def files(site: OfSite, id: str) -> ReleaseFiles:  # noqa: A002 - the name in the path
    """By size and CRC-32: a client that compares sends only what has changed, with `base` (see zipdeploy).
    id: `current` for the release that serves. None of a site that runs from a package."""
    release = (site.home.release or "") if id == "current" else id
    if release not in releases_of(site.home):
        raise ApiError(404, "There is no such release.", found=id[:80])
    if is_true(value_of(read_settings(site.context.store, site.name, "app"), RUN_FROM_PACKAGE)):
        return ReleaseFiles(release=release, files=[])
    found = known_files(site.home.folder_of(release), read_manifest(site.home.deployments / release))
    return ReleaseFiles(
        release=release,
        files=[ReleaseFile.model_construct(**asdict(each)) for each in found],
    )


def lock(site: OfSite) -> LockItem | None:
    """Who holds it; null when nobody does."""
    holder = site.context.deployer.holder(site.name)
    return None if holder is None else LockItem(what=holder.what, by=holder.by, since=holder.since)


def break_lock(site: OfSite) -> None:
    """Ask the holder to stop."""
    if not site.context.deployer.cancel(site.name, site.principal.name):
        raise ApiError(404, "Nobody holds the lock.")


async def _activate(site: SiteContext, wanted: str | None) -> Release:
    context, name = site.context, site.name
    try:
        current = await context.background.call(
            f"rollback {name}", lambda: context.deployer.rollback(name, wanted, site.principal.name)
        )
    except WebsteadError as error:
        raise failed(site, error) from error
    return _item(site, current)


def _item(site: SiteContext, name: str) -> Release:
    """What its note says; one that was found in wwwroot has its folder's time."""
    note = read_note(site.home, name)
    return Release(
        id=name,
        deployment=note.deployment,
        message=note.message,
        deployer=note.deployer,
        created=note.time or datetime.fromtimestamp(site.home.folder_of(name).lstat().st_mtime, UTC),
        current=name == site.home.release,
        size=note.size,
    )


_BUSY = {404: "There is no such release", 409: "A deployment runs"}
ROUTES = (
    Route("GET", "/releases", show_all, "read", "The releases", gives=list[Release], at="api"),
    Route(
        "POST",
        "/releases/rollback",
        rollback,
        "deploy",
        "Serve an earlier release",
        gives=Release,
        takes=RollbackWish,
        optional=True,
        at="api",
        others={**_BUSY, 422: "It does not start: the one before goes on serving"},
    ),
    Route(
        "GET",
        "/releases/{id}/files",
        files,
        "deploy",
        "What need not be sent again",
        gives=ReleaseFiles,
        at="api",
        others={404: "There is no such release"},
    ),
    Route(
        "POST",
        "/releases/{id}/activate",
        activate,
        "deploy",
        "Serve this release",
        gives=Release,
        at="api",
        others={**_BUSY, 422: "It does not start: the one before goes on serving"},
    ),
    Route("GET", "/lock", lock, "read", "Who deploys now", gives=LockItem | None, at="api"),
    Route(
        "DELETE",
        "/lock",
        break_lock,
        "deploy",
        "Stop who deploys now",
        status=202,
        at="api",
        others={404: "Nobody holds the lock"},
    ),
)
