"""`/api/hooks`: who is told of deployments (reference 1.14)."""

from __future__ import annotations

import uuid
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from webstead.services.bodies import read_body, taken
from webstead.services.context import OfSite
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.wire import Answer, Date, Given
from webstead.settings import Secret
from webstead.site.deploy.addresses import shown_host
from webstead.site.store.hooks import delete_hook, find_hook, list_hooks, save_hook
from webstead.site.store.model import Hook

__all__ = ["ROUTES"]

MOST_HOOKS = 100


class HookItem(Answer):
    """url: its host alone, as whoever knows the rest may call it. last_*: of the last delivery."""

    id: str
    event: str
    url: str
    insecure_ssl: bool
    last_status: int
    last_reason: str
    last_datetime: Date | None
    last_context: str


class HookWish(Given):
    """event: `PostDeployment`. url: of http or https; `user:password@` in it becomes Basic credentials."""

    event: str = Field(min_length=1, max_length=100)
    url: str = Field(min_length=1, max_length=4096)
    insecure_ssl: bool = False


def show_all(site: OfSite) -> list[HookItem]:
    """In the order in which they were added."""
    return [_item(hook) for hook in list_hooks(site.context.store, site.name)]


def show(site: OfSite, id: str) -> HookItem:  # noqa: A002 - the name in the path
    """One of them, with how its last delivery went."""
    return _item(_found(site, id))


def add(site: OfSite, wish: Annotated[HookWish, taken(HookWish)]) -> Response:
    """The one with this address and event, if there is one."""
    _check(wish.url)
    hooks = list_hooks(site.context.store, site.name)
    for hook in hooks:
        if hook.url.reveal() == wish.url:
            if hook.event != wish.event:
                raise ApiError(
                    409,
                    f"This address has a hook already, for {hook.event}.",
                    found=f"the hook {hook.id}",
                    fix=f"Remove that one first: DELETE /api/hooks/{hook.id}.",
                )
            return _created(site, hook)
    if len(hooks) >= MOST_HOOKS:
        raise ApiError(400, f"A site has at most {MOST_HOOKS} hooks.")
    made = Hook(uuid.uuid4().hex, site.name, wish.event, Secret(wish.url), wish.insecure_ssl)
    save_hook(site.context.store, made)
    return _created(site, made)


def delete(site: OfSite, id: str) -> None:  # noqa: A002 - the name in the path
    """It is told of nothing more."""
    _found(site, id)
    delete_hook(site.context.store, site.name, id)


async def publish(site: OfSite, event: str, request: Request) -> None:
    """Send this body to the hooks of the event."""
    body = await read_body(request)
    context, name = site.context, site.name
    context.background.start("hooks", lambda: context.deployer.publish(name, event, body))


def _created(site: OfSite, hook: Hook) -> Response:
    location = {"Location": site.url(f"/api/hooks/{hook.id}")}
    return JSONResponse(_item(hook).model_dump(mode="json"), 201, location)


def _found(site: OfSite, hook: str) -> Hook:
    found = find_hook(site.context.store, site.name, hook)
    if found is None:
        raise ApiError(404, f"There is no hook {hook}.")
    return found


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        right = False
    if not right:
        raise ApiError(400, "The address of a hook is one of http or https.")


def _item(hook: Hook) -> HookItem:
    return HookItem(
        id=hook.id,
        event=hook.event,
        url=shown_host(hook.url),
        insecure_ssl=hook.insecure_ssl,
        last_status=hook.last_status,
        last_reason=hook.last_reason,
        last_datetime=hook.last_time,
        last_context=hook.last_context,
    )


_MISSING = {404: "There is none"}
ROUTES = (
    Route("GET", "/hooks", show_all, "deploy", "The web hooks", gives=list[HookItem]),
    Route(
        "POST",
        "/hooks",
        add,
        "deploy",
        "Add a web hook",
        gives=HookItem,
        status=201,
        takes=HookWish,
        others={409: "The address has a hook for another event"},
        example={"event": "PostDeployment", "url": "https://ci.example.org/deployed"},
    ),
    Route(
        "POST",
        "/hooks/publish/{event}",
        publish,
        "deploy",
        "Tell the hooks of an event",
        status=204,
        takes="application/json",
        optional=True,
    ),
    Route("GET", "/hooks/{id}", show, "deploy", "A web hook", gives=HookItem, others=_MISSING),
    Route("DELETE", "/hooks/{id}", delete, "deploy", "Delete a web hook", status=204, others=_MISSING),
)
