"""`/api/deployments`: what was deployed, how it went, and once more (reference 1.6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from webstead.errors import WebsteadError
from webstead.services.bodies import json_body
from webstead.services.context import OfSite, SiteContext
from webstead.services.deployer import LockHolder
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.scm.deployment_items import (
    DeploymentItem,
    LogItem,
    active_id,
    item_of,
    log_item_of,
)
from webstead.services.scm.history import Record, is_record, record_of, redeployment_of
from webstead.services.scm.pushing import failed
from webstead.site.store.deployment_log import add_entry, entries
from webstead.site.store.deployments import (
    delete_deployment,
    find_deployment,
    latest_deployment,
    list_deployments,
    save_deployment,
    tagged_deployments,
)
from webstead.site.store.model import Deployment

__all__ = ["ROUTES"]

LATEST = "latest"
"""Stands for the first that has not ended, else the one that ended last."""

_RETRY_SECONDS = "5"
_CAREFUL = ("azure-resource-manager", "vsts_")
"""Clients that take the latest deployment for finished only when the lock is free, too."""


def show_all(site: OfSite, request: Request, warmup: bool = False) -> Response:
    """The one that was received last first. The ETag is another after every change. `warmup` changes
    nothing."""
    changes, deployments = tagged_deployments(site.context.store, site.name)
    active = active_id(deployments, site.home.release)
    tag = _tag(site, active or "", changes)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": tag})
    items = [item_of(site, each, active=each.id == active) for each in deployments]
    return JSONResponse([item.model_dump(mode="json") for item in items], headers={"ETag": tag})


def show(site: OfSite, request: Request, id: str) -> Response:  # noqa: A002 - the name in the path
    """One of them; `latest` answers 202 until it has ended."""
    deployment = _found(site, id)
    item = JSONResponse(_item(site, deployment).model_dump(mode="json"))
    careful = any(word in site.asked.user_agent.lower() for word in _CAREFUL)
    waiting = not deployment.complete or (careful and site.context.deployer.holder(site.name) is not None)
    if id.lower() == LATEST and waiting:
        item.status_code = 202
        item.headers["Location"] = site.asked.url
        item.headers["Retry-After"] = _RETRY_SECONDS
    return item


async def put(
    site: OfSite,
    body: Annotated[Any, Depends(json_body)],
    id: str = "",  # noqa: A002 - the name in the path
) -> Response:
    """Deploy it once more, with `{"clean": true}` removing what no deployment brought; or, with `status`,
    `message`, `deployer` and `author`, record a deployment that happened elsewhere."""
    if is_record(body):
        return await run_in_threadpool(lambda: _record(site, id, body))
    wish = redeployment_of(body)
    deployment = await run_in_threadpool(lambda: _to_redeploy(site, id))
    context, name = site.context, site.name
    try:
        await context.background.call(
            f"redeploy {name}",
            lambda: context.deployer.redeploy(name, deployment, clean=wish.clean, by=site.principal.name),
        )
    except WebsteadError as error:
        raise failed(site, error, deployment) from error
    return Response(status_code=200)


def delete(site: OfSite, id: str) -> None:  # noqa: A002 - the name in the path
    """Its record and log; not its release."""
    with site.context.deployer.hold(site.name, "A deployment is deleted", site.principal.name):
        deployment = _found(site, id)
        if _item(site, deployment).active:
            raise ApiError(
                409,
                "The active deployment cannot be deleted.",
                found=f"{deployment.id} made what serves now: release {deployment.release}",
                fix="Deploy, or go back to another release, first: POST /api/releases/rollback.",
            )
        delete_deployment(site.context.store, site.name, deployment.id)


def log(site: OfSite, id: str) -> list[LogItem]:  # noqa: A002 - the name in the path
    """Its log; of `latest`, too."""
    return _log(site, id, "")


def log_entry(site: OfSite, id: str, entry: str) -> list[LogItem]:  # noqa: A002 - the name in the path
    """What stands below an entry."""
    return _log(site, id, entry)


def cancel(site: OfSite, id: str) -> None:  # noqa: A002 - the name in the path
    """Ask it, and no other, to stop: it looks between its steps, and ends the program that it waits for. A
    push event that waits for its turn ends at once."""
    deployment, context, by = _found(site, id), site.context, site.principal.name
    if deployment.complete:
        raise ApiError(
            409,
            f"The deployment {deployment.id} has ended.",
            found=f"status {deployment.status:d}",
            fix="Go back to what served before: POST /api/releases/rollback.",
        )
    if context.waiting.cancel(site.name, deployment.id, by):
        return
    if not context.deployer.cancel(site.name, by, deployment.id):
        raise ApiError(
            409,
            "This deployment does not run now.",
            found=_doing(context.deployer.holder(site.name)),
            fix="Look what runs: GET /api/lock. Stop that, whatever it is: DELETE /api/lock.",
        )


def _doing(holder: LockHolder | None) -> str:
    if holder is None:
        return "nobody holds the lock"
    name = f" {holder.deployment[:10]}" if holder.deployment else ""
    return f"{holder.what}{name}, by {holder.by or 'somebody'}, holds the lock"


def _log(site: SiteContext, deployment: str, parent: str) -> list[LogItem]:
    for own in _named(site, deployment):
        if told := entries(site.context.store, site.name, own, parent):
            return [log_item_of(site, own, entry) for entry in told]
    raise ApiError(404, f"No log found for '{deployment}'.")


def _named(site: SiteContext, deployment: str) -> Iterator[str]:
    """The ids that a name may mean. Clients add a record after a deployment, which then is the latest one and
    mostly has no log: the log of `latest` is that of the deployment before it."""
    if deployment.lower() != LATEST:
        yield deployment
        return
    found = latest_deployment(site.context.store, site.name)
    if found is not None:
        yield found.id
        made = [each for each in list_deployments(site.context.store, site.name) if not each.read_only]
        yield from (each.id for each in made[:1])


def _record(site: SiteContext, wanted: str, body: object) -> Response:
    store, now = site.context.store, site.context.clock.now()
    record, details = record_of(site.name, wanted, body, site.home.release, now)
    known = find_deployment(store, site.name, record.id)
    if known is not None:
        raise ApiError(
            409,
            f"Deployment with id '{record.id}' exists.",
            found=f"by {known.deployer or 'somebody'}, received {known.received:%Y-%m-%d %H:%M:%S} UTC",
            fix="Take another id; or remove that one first: DELETE /api/deployments/ID.",
        )
    save_deployment(store, record)
    if details:
        add_entry(store, site.name, record.id, details, now=now)
    return JSONResponse(_item(site, record).model_dump(mode="json"))


def _to_redeploy(site: SiteContext, wanted: str) -> str:
    if wanted:
        return _found(site, wanted).id
    deployments = list_deployments(site.context.store, site.name)
    active = active_id(deployments, site.home.release)
    if active is None:
        raise ApiError(404, "Nothing was deployed that could be deployed once more.")
    return active


def _found(site: SiteContext, wanted: str) -> Deployment:
    store = site.context.store
    if wanted.lower() == LATEST:
        found = latest_deployment(store, site.name)
    else:
        found = find_deployment(store, site.name, wanted)
        waiter = site.context.waiting.find(site.name, wanted) if found is None else None
        found = find_deployment(store, site.name, waiter.reserved) if waiter else found
    if found is None:
        raise ApiError(404, f"Deployment '{wanted}' not found.")
    return found


def _item(site: SiteContext, deployment: Deployment) -> DeploymentItem:
    active = active_id(list_deployments(site.context.store, site.name), site.home.release)
    return item_of(site, deployment, active=deployment.id == active)


def _tag(site: SiteContext, active: str, changes: str) -> str:
    said = (site.asked.path, site.asked.query, active, changes)
    return f'"{hashlib.sha256("|".join(said).encode()).hexdigest()[:16]}"'


_MISSING = {404: "There is none"}
_BUSY = {409: "A deployment runs, or this one is the active one"}
_FAILED = {422: "The site cannot be built, or does not start: the release before goes on serving"}
ROUTES = (
    Route(
        "GET",
        "/deployments",
        show_all,
        "read",
        "The deployments",
        gives=list[DeploymentItem],
        others={304: "Nothing has changed"},
        arm=True,
    ),
    Route(
        "PUT",
        "/deployments",
        put,
        "deploy",
        "Deploy the active one once more",
        gives=DeploymentItem,
        takes=Record,
        optional=True,
        others={**_MISSING, **_BUSY, **_FAILED},
        arm=True,
    ),
    Route(
        "GET",
        "/deployments/{id}",
        show,
        "read",
        "A deployment",
        gives=DeploymentItem,
        others={202: "It has not ended", **_MISSING},
        arm=True,
    ),
    Route(
        "PUT",
        "/deployments/{id}",
        put,
        "deploy",
        "Deploy once more, or record one",
        gives=DeploymentItem,
        takes=Record,
        optional=True,
        others={**_MISSING, **_BUSY, **_FAILED},
        arm=True,
        example={
            "status": 4,
            "message": '{"type":"Deployment"}',
            "deployer": "GitHub",
            "author": "octocat",
            "active": True,
        },
    ),
    Route(
        "DELETE",
        "/deployments/{id}",
        delete,
        "deploy",
        "Forget a deployment",
        status=204,
        others={**_MISSING, **_BUSY},
    ),
    Route(
        "GET",
        "/deployments/{id}/log",
        log,
        "read",
        "Its log",
        gives=list[LogItem],
        others=_MISSING,
        arm=True,
    ),
    Route(
        "GET",
        "/deployments/{id}/log/{entry}",
        log_entry,
        "read",
        "What stands below an entry",
        gives=list[LogItem],
        others=_MISSING,
        arm=True,
    ),
    Route(
        "POST",
        "/deployments/{id}/cancel",
        cancel,
        "deploy",
        "Stop a deployment",
        status=202,
        others={**_MISSING, 409: "It does not run"},
    ),
)
