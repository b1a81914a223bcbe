"""`/exec/shell`: a terminal in the site over a WebSocket, as `az webapp exec --mode shell` opens it."""

from __future__ import annotations

import json

from starlette.websockets import WebSocket

from webstead.services.context import OfSite
from webstead.services.remote.running import checked_shell, relay, started
from webstead.services.remote.sessions import Watch, admitted, closed, first_of, refusals
from webstead.services.routes import Route
from webstead.site.commands.interactive import Interactive, Size
from webstead.site.commands.shells import DEFAULT_TERMINAL

__all__ = ["MOST_UNREAD", "ROUTES", "open_shell", "size_of"]

MOST_UNREAD = 1 << 20
"""Bytes that the program has not taken: more than anybody types or pastes."""


async def open_shell(websocket: WebSocket, site: OfSite, shell: str = "", target: str = "app") -> None:
    """Binary frames are what is typed and what is shown; a text frame `{"width": 80, "height": 24}` is the
    size of the terminal. shell: the whole path of another shell than bash. target: `app` or `kudu`, which are
    one place here. The session ends with the shell; the shell, and what it started, with the session."""
    async with refusals(websocket):
        with admitted(site, websocket.headers.get("authorization")) as watch:
            program = checked_shell(shell)
            running = await started(site, (program,), shell=program, size=Size(), terminal=DEFAULT_TERMINAL)
            try:
                await websocket.accept()
                reason = await first_of(
                    _shown(websocket, running, watch), _typed(websocket, running, watch), watch.ended()
                )
            finally:
                await running.end()
            await _said(websocket, reason)
            await closed(websocket, reason)


def size_of(text: str) -> Size | None:
    """What a text frame says of the terminal; None for another."""
    try:
        said = json.loads(text)
        return Size(int(said["width"]), int(said["height"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


async def _shown(websocket: WebSocket, running: Interactive, watch: Watch) -> str:
    async def send(data: bytes) -> None:
        watch.heard()
        await websocket.send_bytes(data)

    try:
        await relay(running, send, send)
    except (OSError, RuntimeError):
        return ""  # the client has gone
    return ""


async def _typed(websocket: WebSocket, running: Interactive, watch: Watch) -> str:
    """Why it ends: the client has gone, or sends more than is read."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        watch.heard()
        text: str | None = message.get("text")
        size = size_of(text) if text is not None else None
        if size is not None:
            running.resize(size)
            continue
        running.input.put(text.encode() if text is not None else message.get("bytes") or b"")
        if running.input.pending > MOST_UNREAD:
            return "The program does not read what is typed."
    return ""


async def _said(websocket: WebSocket, reason: str) -> None:
    """At the terminal: clients do not show why a WebSocket was closed."""
    if reason:
        try:
            await websocket.send_bytes(f"\r\n{reason}\r\n".encode())
        except (OSError, RuntimeError):
            return


ROUTES = (
    Route(
        "WEBSOCKET",
        "/exec/shell",
        open_shell,
        scope="files",
        summary="A shell at a terminal",
        at="root",
        others={409: "The site is stopped", 429: "Too many sessions are open"},
    ),
)
