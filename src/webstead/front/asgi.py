"""The ASGI messages that the front uses, as types (ASGI specification 3.0, HTTP and WebSocket 2.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, TypedDict

from webstead.front.wire import Wire

__all__ = ["Headers", "Receive", "Received", "Scope", "Send"]

Headers = list[tuple[bytes, bytes]]


class Scope(TypedDict, total=False):
    """One request. hand_over gives the connection itself, paused, to a protocol that speaks with the client
    from now on, and what has come that was not taken."""

    type: Literal["http", "websocket", "lifespan"]
    http_version: str
    method: str
    scheme: str
    path: str
    raw_path: bytes
    query_string: bytes
    headers: Headers
    client: tuple[str, int | str] | None
    server: tuple[str, int | str] | None
    hand_over: Callable[[asyncio.BaseProtocol], tuple[Wire, bytes]]


class Received(TypedDict, total=False):
    type: str
    body: bytes
    more_body: bool
    trailers: Headers
    bytes: bytes | None
    text: str | None
    code: int
    reason: str


Receive = Callable[[], Awaitable[Received]]
Send = Callable[[Mapping[str, object]], Awaitable[None]]
