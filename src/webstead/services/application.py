"""The management as one ASGI application: each site's, by its host name, and the server's own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from webstead.services import pages
from webstead.services.assembly import assembled
from webstead.services.context import Context
from webstead.services.guard import Guard
from webstead.services.scm.deferring import resume
from webstead.services.scm.nouns import NOUNS as OF_SITES
from webstead.services.server.nouns import NOUNS as OF_SERVER
from webstead.site.temporary import temporary_files

__all__ = ["make_app"]

_LAST_SECONDS = 20.0
"""A deployment that runs when the server ends may go on for so long; then it is closed as cut off at the
next start. Longer, and service managers kill."""


def make_app(context: Context) -> ASGIApp:
    """Serves until its lifespan ends. Deployments that a crash cut off are closed before the first
    request."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with temporary_files(context.server):
            await run_in_threadpool(context.deployer.recover)
            context.background.start("follow packages", context.deployer.follow_packages)
            if context.jobs is not None:  # this process serves
                context.jobs.begin()
                await run_in_threadpool(resume, context)
            yield
            context.waiting.end()
            if context.jobs is not None:
                await run_in_threadpool(context.jobs.end)
            await run_in_threadpool(context.background.wait, _LAST_SECONDS)

    sites = assembled("Webstead: a site's management", (*OF_SITES, pages), lifespan)
    server = assembled("Webstead: the server", (*OF_SERVER, pages))
    return Guard(context, sites, server)
