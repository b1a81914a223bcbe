"""The ASGI messages that the front uses, as types (ASGI specification 3.0, HTTP and WebSocket 2.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, TypedDict

__all__ = ["Headers", "Receive", "Received", "Scope", "Send"]

Headers = list[tuple[bytes, bytes]]


class Scope(TypedDict, total=False):
    """One request. Ports are numbers or decimal text: granian gives text."""

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
    subprotocols: list[str]
    extensions: dict[str, dict[str, object]]


class Received(TypedDict, total=False):
    type: str
    body: bytes
    more_body: bool
    bytes: bytes | None
    text: str | None
    code: int
    reason: str


Receive = Callable[[], Awaitable[Received]]
Send = Callable[[Mapping[str, object]], Awaitable[None]]
