"""A deployment that waits for its turn: nobody sends a push event again (reference 1.14)."""

from __future__ import annotations

import time

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from webstead.services.context import Context, SiteContext
from webstead.services.scm.pushing import accepted, numbered
from webstead.services.waiting import Waiter
from webstead.site.deploy.ending import as_error
from webstead.site.deploy.lock import Cancelled, Locked
from webstead.site.deploy.model import Request

__all__ = ["defer"]

_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 3600.0
"""As long as deployments may take; then it is refused, as any other."""


async def defer(site: SiteContext, request: Request, *, branch: str) -> Response:
    """202, when it is recorded as one that waits. branch: with its repository; of those that wait the newest
    of each is made."""
    request, context = numbered(request), site.context
    reserved = await run_in_threadpool(context.deployer.reserve, request)
    waiter = Waiter(site.name, branch, request.id, reserved)
    context.waiting.join(waiter)
    context.background.start(f"deploy {site.name}", lambda: _in_turn(context, request, waiter))
    return accepted(site, request, track=False)


def _in_turn(context: Context, request: Request, waiter: Waiter) -> None:
    try:
        _deploy_when_free(context, request, waiter)
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
