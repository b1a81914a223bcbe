"""The words of ASGI 3, and what goes wrong in its terms."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, MutableMapping
from typing import Any, Callable

__all__ = ["AppError", "AsgiApp", "Disconnected", "Message", "Receive", "Scope", "Send"]

Scope = MutableMapping[str, Any]
"""An app is untyped code of somebody else: here is the edge at which `Any` is meant."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class AppError(Exception):
    """The app broke the rules of ASGI."""


class Disconnected(ConnectionError):
    """Raised by send() when nobody waits for the response and the app does not stop: an OSError, as HTTP spec
    version 2.4 says."""
