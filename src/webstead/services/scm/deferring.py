"""A deployment that waits for its turn: nobody sends a push event again (reference 1.14). So what waits when
the server ends, or is killed, waits again when the next one starts.
"""

from __future__ import annotations

import time

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from webstead.errors import WebsteadError
from webstead.services.context import Context, SiteContext
from webstead.services.scm.pushing import accepted, numbered
from webstead.services.waiting import ServerEnds, Waiter
from webstead.site.deploy.ending import as_error
from webstead.site.deploy.lock import Cancelled, Locked
from webstead.site.deploy.model import Request, Url
from webstead.site.store.deployments import find_deployment
from webstead.site.store.model import Deployment, PushEvent
from webstead.site.store.push_events import save_push_event, waiting_push_events

__all__ = ["defer", "resume"]

_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 3600.0
"""As long as deployments may take; then it is refused, as any other."""


async def defer(site: SiteContext, request: Request, source: Url, branch: str) -> Response:
    """202, when it is recorded as one that waits. source: of the request. branch: that was pushed to; of the
    events of one that wait the newest is made."""
    request = numbered(request)
    event = await run_in_threadpool(_recorded, site.context, request, source, branch)
    waiter = _joined(site.context, event)
    _begin(site.context, request, waiter)
    return accepted(site, request, track=False)


def resume(context: Context) -> None:
    """Those that waited when the last server ended; of a branch the newest. Raises HostError."""
    waiters = [(event, _joined(context, event)) for event in waiting_push_events(context.store)]
    for event, waiter in waiters:
        record = find_deployment(context.store, event.site, event.deployment)
        if record is None:
            context.waiting.leave(waiter)
        else:
            _begin(context, _request_of(event, record), waiter)


def _request_of(event: PushEvent, record: Deployment) -> Request:
    return Request(
        site=event.site,
        source=Url(event.url, "git", event.revision),
        id=event.id,
        deployer=record.deployer,
        author=record.author,
        author_email=record.author_email,
        message=record.message,
    )


def _recorded(context: Context, request: Request, source: Url, branch: str) -> PushEvent:
    reserved = context.deployer.reserve(request)
    event = PushEvent(request.site, reserved, request.id, branch, source.url, source.revision)
    try:
        save_push_event(context.store, event)
    except WebsteadError as error:
        context.deployer.close(request.site, reserved, error)
        raise
    return event


def _joined(context: Context, event: PushEvent) -> Waiter:
    branch = f"{event.url.reveal()} {event.branch}"
    waiter = Waiter(event.site, branch, event.id, event.deployment)
    context.waiting.join(waiter)
    return waiter


def _begin(context: Context, request: Request, waiter: Waiter) -> None:
    context.background.start(f"deploy {waiter.site}", lambda: _in_turn(context, request, waiter))


def _in_turn(context: Context, request: Request, waiter: Waiter) -> None:
    try:
        _deploy_when_free(context, request, waiter)
    except ServerEnds:
        return
    except BaseException as error:
        context.deployer.close(waiter.site, waiter.reserved, as_error(error))
        raise
    finally:
        context.waiting.leave(waiter)


def _deploy_when_free(context: Context, request: Request, waiter: Waiter) -> None:
    """The lock may be free, and another one that waits be quicker."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        waiter.wait(0.0)
        while context.deployer.holder(waiter.site) is not None and time.monotonic() < end:
            waiter.wait(_LOOK_SECONDS)
        try:
            context.deployer.deploy(request, waiter.reserved, lambda: _begun(context, waiter))
        except Locked:
            if time.monotonic() >= end:
                raise
        else:
            return


def _begun(context: Context, waiter: Waiter) -> None:
    """Who cancelled it in this moment has been told that it will end."""
    context.waiting.leave(waiter)
    if isinstance(waiter.given_up, Cancelled):
        context.deployer.cancel(waiter.site, waiter.given_up.by, waiter.deployment)
