"""`/api/releases`: what can be served again at once, and `/api/lock`: who deploys. Webstead's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from webstead.services.bodies import taken
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.wire import Answer, Date, Given
from webstead.site.store.deployments import list_deployments
from webstead.site.store.model import Deployment

__all__ = ["ROUTES"]


class Release(Answer):
    """deployment: that made it, "" when its record is gone. size: in bytes, null when it was not counted."""

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


class LockItem(Answer):
    what: str
    by: str
    since: Date


def show_all(site: OfSite) -> list[Release]:
    """Those that are kept, the newest first."""
    made_by = _makers(site)
    found = sorted(_kept(site), key=lambda each: each[1], reverse=True)
    current = site.home.release
    return [_item(name, created, current, made_by.get(name)) for name, created in found]


async def rollback(
    site: OfSite, wish: Annotated[RollbackWish, taken(RollbackWish, optional=True)]
) -> Release:
    """Within a second, and without building: the instances of that release take over from those that run."""
    return await _activate(site, wish.release)


async def activate(site: OfSite, id: str) -> Release:  # noqa: A002 - the name in the path
    """As rollback, to this one."""
    return await _activate(site, id)


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
    current = await context.background.call(
        f"rollback {name}", lambda: context.deployer.rollback(name, wanted, site.principal.name)
    )
    created = next((created for each, created in _kept(site) if each == current), context.clock.now())
    return _item(current, created, current, _makers(site).get(current))


def _kept(site: SiteContext) -> list[tuple[str, datetime]]:
    try:
        folders = [each for each in site.home.releases.iterdir() if not each.name.startswith(".")]
        return [(each.name, datetime.fromtimestamp(each.lstat().st_mtime, UTC)) for each in folders]
    except OSError:
        return []


def _makers(site: SiteContext) -> dict[str, Deployment]:
    """By release; the oldest of several, which made it."""
    return {each.release: each for each in list_deployments(site.context.store, site.name) if each.release}


def _item(name: str, created: datetime, current: str | None, made_by: Deployment | None) -> Release:
    return Release(
        id=name,
        deployment=made_by.id if made_by else "",
        message=made_by.message if made_by else "",
        deployer=made_by.deployer if made_by else "",
        created=(made_by.ended if made_by else None) or created,
        current=name == current,
        size=None,
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
