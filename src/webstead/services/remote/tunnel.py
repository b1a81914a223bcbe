"""`/AppServiceTunnel/Tunnel.ashx`: bytes from a client's port to the site, a WebSocket for each connection
(reference 1.9, 3.2). They lead to SSH, or to the app's debugger where its settings say so.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket

from webstead.errors import HostError
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.remote import ssh
from webstead.services.remote.debugging import PORT_SETTING, debug_port, is_listening
from webstead.services.remote.sessions import Watch, admitted, closed, first_of, refusals
from webstead.services.routes import Route
from webstead.services.wire import Answer
from webstead.site.store.settings import read_settings

__all__ = ["ROUTES", "SSH_PORT", "Reach", "TunnelStatus", "open_tunnel", "show_status", "status_of"]

SSH_PORT = 2222
"""What Azure calls the way to SSH; clients take another port for a debugger's. None is open here."""

_CHUNK = 1 << 16
_PATH = "/AppServiceTunnel/Tunnel.ashx"

State = Literal["STARTED", "STARTING", "STOPPED"]


class TunnelStatus(Answer):
    """state: of the site. port: 2222 for SSH, the debugger's otherwise. msg: why it cannot be reached."""

    state: State
    port: int
    canReachPort: bool
    msg: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What decides where a tunnel leads. port: of the debugger, 0 when none is named, None for SSH. ssh:
    whether its library is there. instances: whether the app runs. listening: whether the app listens at the
    port."""

    stopped: bool
    port: int | None = None
    ssh: bool = True
    instances: bool = False
    listening: bool = False


def status_of(reach: Reach) -> TunnelStatus:
    """A table."""
    port = SSH_PORT if reach.port is None else reach.port
    if reach.stopped:
        return _status("STOPPED", port, "The site is stopped.")
    if reach.port is None:
        return _status("STARTED", port, "" if reach.ssh else f"The server lacks a library: {ssh.INSTALL}")
    if reach.port == 0:
        return _status("STARTED", port, f"The setting {PORT_SETTING} names no port from 1 to 65535.")
    if reach.listening:
        return _status("STARTED", port, "")
    if not reach.instances:
        return _status("STARTING", port, "The app does not run yet: ask for one of its pages.")
    return _status("STARTED", port, f"No process of the app listens at the port {port} of {PORT_SETTING}.")


def _status(state: State, port: int, why_not: str) -> TunnelStatus:
    return TunnelStatus(state=state, port=port, canReachPort=not why_not, msg=why_not)


def show_status(site: OfSite, GetStatus: str | None = None, GetStatusAPIVer: str = "") -> TunnelStatus:
    """With `GetStatus`: whether a tunnel can be opened. GetStatusAPIVer is taken: the answer is that of the
    version 2, which clients ask for."""
    if GetStatus is None:
        raise ApiError(400, "This is a WebSocket.", fix=f"Open it with a client, or ask {_PATH}?GetStatus.")
    return status_of(_reach(site))


def _reach(site: SiteContext) -> Reach:
    port = debug_port(read_settings(site.context.store, site.name, "app"))
    if site.record.stopped or not port:
        return Reach(site.record.stopped, port, ssh.installed())
    try:
        roots = [each.pid for each in site.context.host.instances(site.name)]
    except HostError:  # nobody serves the home
        roots = []
    return Reach(False, port, ssh.installed(), bool(roots), is_listening(site, port, roots))


async def open_tunnel(websocket: WebSocket, site: OfSite) -> None:
    """Binary frames are the bytes of one TCP connection."""
    async with refusals(websocket):
        with admitted(site, websocket.headers.get("authorization")) as watch:
            status = status_of(await run_in_threadpool(_reach, site))
            if not status.canReachPort:
                raise ApiError(501 if status.port == SSH_PORT else 502, status.msg)
            if status.port == SSH_PORT:
                await _to_ssh(websocket, site, watch)
            else:
                await _to_port(websocket, status.port, watch)


async def _to_ssh(websocket: WebSocket, site: SiteContext, watch: Watch) -> None:
    theirs, ours = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=theirs)
    serving = asyncio.ensure_future(ssh.serve(site, ours))
    try:
        await websocket.accept()
        await _bridged(websocket, reader, writer, watch)
    finally:
        writer.transport.abort()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _to_port(websocket: WebSocket, port: int, watch: Watch) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError as error:
        raise ApiError(502, f"The app's port {port} cannot be reached.", found=str(error)) from None
    try:
        await websocket.accept()
        await _bridged(websocket, reader, writer, watch)
    finally:
        writer.transport.abort()


async def _bridged(
    websocket: WebSocket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watch: Watch
) -> None:
    reason = await first_of(
        _inwards(websocket, writer, watch), _outwards(websocket, reader, watch), watch.ended()
    )
    await closed(websocket, reason)


async def _inwards(websocket: WebSocket, writer: asyncio.StreamWriter, watch: Watch) -> str:
    try:
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            watch.heard()
            data: bytes | None = message.get("bytes")
            writer.write(data if data is not None else str(message.get("text")).encode())
            await writer.drain()
    except OSError:
        return "The connection to the site has ended."
    return ""


async def _outwards(websocket: WebSocket, reader: asyncio.StreamReader, watch: Watch) -> str:
    try:
        while data := await reader.read(_CHUNK):
            watch.heard()
            await websocket.send_bytes(data)
    except (OSError, RuntimeError):
        return ""
    return ""


ROUTES = (
    Route(
        "GET",
        _PATH,
        show_status,
        scope="files",
        summary="Whether a tunnel can be opened",
        gives=TunnelStatus,
        at="root",
    ),
    Route(
        "WEBSOCKET",
        _PATH,
        open_tunnel,
        scope="files",
        summary="A tunnel to SSH, or to the app's debugger",
        at="root",
        others={
            409: "The site is stopped",
            501: "The server lacks the library",
            502: "The app does not listen at its port",
        },
    ),
)
