"""Sessions of a site: how many there are, and when one must end.

A WebSocket is let in once and may stay for hours. So whatever let it in is looked at again and again: a site
that is deleted or stopped, and credentials that are withdrawn, end it within seconds; so does silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketState

from webstead.errors import WebsteadError
from webstead.services.auth import Refused, authenticate
from webstead.services.context import SiteContext, directory_of
from webstead.services.errors import ApiError, error_response
from webstead.site.store.model import SiteRecord
from webstead.site.store.sites import find_site

__all__ = [
    "IDLE_SECONDS",
    "LOOK_SECONDS",
    "MOST_SESSIONS",
    "Watch",
    "admitted",
    "closed",
    "counted",
    "first_of",
    "over",
    "refusals",
]

MOST_SESSIONS = 20
"""Of one site at once: each has a shell, or a connection to the app."""

IDLE_SECONDS = 1800.0
"""Kudu's console: a shell that nobody types in is ended after half an hour."""

LOOK_SECONDS = 2.0

_LONGEST_REASON = 120
"""Bytes of a reason that a WebSocket is closed for: 123 at most, RFC 6455, 5.5."""

T = TypeVar("T")

_open: dict[str, int] = {}


@contextmanager
def counted(site: SiteContext) -> Iterator[None]:
    """Raises ApiError 429 when the site has as many as it may."""
    key = str(site.home.root)
    if _open.get(key, 0) >= MOST_SESSIONS:
        raise ApiError(429, f"{MOST_SESSIONS} sessions of this site are open.", fix="Close some of them.")
    _open[key] = _open.get(key, 0) + 1
    try:
        yield
    finally:
        _open[key] -= 1
        if not _open[key]:
            del _open[key]


def over(then: SiteRecord, now: SiteRecord | None) -> str:
    """Why a session with a site ends, from its record when the session began and as it is; "" for not yet."""
    if now is None or now.created != then.created:
        return "The site was deleted."
    return "The site was stopped." if now.stopped else ""


class Watch:
    """Of one session. header: the credentials that let it in; None for what goes on without its caller."""

    def __init__(self, site: SiteContext, header: str | None) -> None:
        self._site = site
        self._header = header
        self._heard = asyncio.get_running_loop().time()

    def heard(self) -> None:
        """Something was sent, by either end."""
        self._heard = asyncio.get_running_loop().time()

    async def ended(self, idle: float = IDLE_SECONDS) -> str:
        """Waits until the session must end; why."""
        loop = asyncio.get_running_loop()
        while loop.time() - self._heard < idle:
            if reason := await run_in_threadpool(self._look):
                return reason
            await asyncio.sleep(min(LOOK_SECONDS, idle))
        return f"Nothing was sent for {idle / 60:g} minutes."

    def _look(self) -> str:
        site = self._site
        if reason := over(site.record, find_site(site.context.store, site.name)):
            return reason
        if self._header is None:
            return ""
        known = authenticate(self._header, site.name, directory_of(site.context), site.context.clock.now())
        return "The credentials hold no longer." if isinstance(known, Refused) else ""


@contextmanager
def admitted(site: SiteContext, header: str | None) -> Iterator[Watch]:
    """A session with a site that runs. Raises ApiError 409, 429."""
    if site.record.stopped:
        raise ApiError(
            409,
            f"The site {site.name} is stopped.",
            fix=f"webstead site start {site.name}. Commands run all the same: webstead shell, /api/command.",
        )
    with counted(site):
        yield Watch(site, header)


async def first_of(*ways: Coroutine[object, object, T]) -> T:
    """What the first of them gives that ends; the others are cancelled, and have ended, too."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def refusals(websocket: WebSocket) -> AsyncIterator[None]:
    """Errors before the WebSocket is accepted are the answer to its handshake, as those of any request."""
    try:
        yield
    except WebsteadError as error:
        if websocket.application_state is not WebSocketState.CONNECTING:
            await closed(websocket, error.what, code=1011)
        elif "websocket.http.response" in websocket.scope.get("extensions", {}):
            await websocket.send_denial_response(error_response(error))
        else:
            await closed(websocket, error.what, code=1008)


async def closed(websocket: WebSocket, reason: str, code: int = 1000) -> None:
    """Close it, unless the client has."""
    if WebSocketState.DISCONNECTED in (websocket.application_state, websocket.client_state):
        return
    text = reason.encode()[:_LONGEST_REASON].decode("utf-8", "ignore")
    try:
        await websocket.close(code, text)
    except (OSError, RuntimeError):
        return  # the client was quicker
