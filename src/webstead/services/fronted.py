"""Who asks, and by which scheme, where the front is between: it adds the address of its own peer at the end
of X-Forwarded-For, whatever stood there before, and shows a token that nobody else has. Without that nothing
of it is believed: every process of this machine reaches the management's port.
"""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from webstead.settings import Secret
from webstead.site.server.management import FRONT_HEADER

__all__ = ["Fronted"]

_SCHEMES = {"http": "ws", "https": "wss"}


class Fronted:
    """An ASGI application before the management's. front: the token of its front."""

    def __init__(self, app: ASGIApp, front: Secret) -> None:
        self._app = app
        self._front = front.reveal().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope if scope["type"] == "lifespan" else self._told(scope), receive, send)

    def _told(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        shown = headers.get(FRONT_HEADER, "").encode("latin-1")
        if not self._front or not hmac.compare_digest(shown, self._front):
            return scope
        found = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != FRONT_HEADER.encode()]}
        if client := headers.get("x-forwarded-for", "").rpartition(",")[2].strip():
            found["client"] = (client, 0)
        if (scheme := headers.get("x-forwarded-proto", "")) in _SCHEMES:
            found["scheme"] = _SCHEMES[scheme] if scope["type"] == "websocket" else scheme
        return found
