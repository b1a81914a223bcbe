"""Web hooks: who asked for it is told of a deployment's end."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx

from webstead.effects.clock import Clock, SystemClock
from webstead.settings import Secret
from webstead.site.store import Store
from webstead.site.store.hooks import find_hook, list_hooks, save_hook
from webstead.site.store.model import Hook

__all__ = ["POST_DEPLOYMENT", "publish"]

POST_DEPLOYMENT = "PostDeployment"

_SECONDS = 30.0
_LONGEST_REASON = 500
_LONGEST_CONTEXT = 64 << 10

Client = Callable[[bool], httpx.Client]


def publish(
    store: Store,
    site: str,
    event: str,
    body: bytes,
    *,
    clock: Clock | None = None,
    transport: httpx.BaseTransport | None = None,
) -> None:
    """Send the body, JSON, to each hook of this event, one after the other, and record how it went. Blocks.
    A hook that fails is no failure of the deployment."""
    now = (clock or SystemClock()).now
    for hook in list_hooks(store, site):
        if hook.event.casefold() != event.casefold():
            continue
        status, reason = _send(hook, body, transport)
        if find_hook(store, site, hook.id) is not None:  # it may have been deleted meanwhile
            save_hook(store, _delivered(hook, status, reason, body, now()))


def _send(hook: Hook, body: bytes, transport: httpx.BaseTransport | None) -> tuple[int, str]:
    """The status, 0 for none, and what was answered."""
    try:
        url, headers = _address(hook.url)
        with httpx.Client(
            verify=not hook.insecure_ssl, timeout=_SECONDS, follow_redirects=False, transport=transport
        ) as client:
            answer = client.post(url, content=body, headers={"Content-Type": "application/json", **headers})
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return 0, (str(error) or type(error).__name__)[:_LONGEST_REASON]
    return answer.status_code, answer.reason_phrase[:_LONGEST_REASON]


def _address(secret: Secret) -> tuple[str, dict[str, str]]:
    """The address without its name and password, which become a header, as Kudu has it."""
    parts = urlsplit(secret.reveal())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a web hook is an address of HTTP or HTTPS")
    if parts.username is None:
        return secret.reveal(), {}
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return plain, {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}


def _delivered(hook: Hook, status: int, reason: str, body: bytes, now: datetime) -> Hook:
    context = body[:_LONGEST_CONTEXT].decode("utf-8", "replace")
    return replace(hook, last_status=status, last_reason=reason, last_time=now, last_context=context)
