"""An SSH server on the management's end of a tunnel, without a port: sessions of the site's user.

SSH is a formality here, so that `az webapp ssh` and any SSH client find what they speak. Who may come in was
decided when the tunnel was opened, by the site's credentials; so whoever speaks SSH in it is let in, with any
name and password, and is always the site's own user. There is no forwarding and no file transfer: for those
the tunnel would have to look at each request again.

asyncssh is loaded when the first tunnel is opened.
"""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from webstead.effects.files import write_atomically
from webstead.errors import WebsteadError
from webstead.services.context import SiteContext
from webstead.services.remote.running import Send, default_shell, relay, started
from webstead.services.remote.sessions import first_of
from webstead.site.commands.interactive import Interactive, Size
from webstead.site.commands.shells import terminal_type

if TYPE_CHECKING:
    import asyncssh

    Process = asyncssh.SSHServerProcess[bytes]

__all__ = ["INSTALL", "KEY", "MOST_PROCESSES", "installed", "serve"]

INSTALL = 'pip install "webstead[ssh]"'
KEY = "ssh_host_key"
"""In the server's private folder: clients remember a server by its key."""

MOST_PROCESSES = 10
"""In one tunnel at once: as OpenSSH's MaxSessions."""

_LOGIN_SECONDS = 60
_CHUNK = 1 << 16
_END_OF_INPUT = b"\x04"

_BY_NAME = {
    name: getattr(signal, f"SIG{name}") for name in ("HUP", "INT", "KILL", "QUIT", "TERM", "USR1", "USR2")
}
"""Signals that a client may send, RFC 4254, 6.9."""


def installed() -> bool:
    return importlib.util.find_spec("asyncssh") is not None


async def serve(site: SiteContext, ours: socket.socket) -> None:
    """Speak SSH on a connected socket until it ends; what was started in it has ended then, too."""
    import asyncssh

    tunnel = _Tunnel(site)
    key = await run_in_threadpool(_host_key, site.context.server.tls / KEY)
    try:
        connection = await asyncssh.run_server(
            ours,
            server_host_keys=[key],
            server_factory=_open_door(),
            process_factory=tunnel.handle,
            encoding=None,
            line_editor=False,
            gss_host=None,
            login_timeout=_LOGIN_SECONDS,
            agent_forwarding=False,
        )
        async with connection:
            await connection.wait_closed()
    except (OSError, asyncssh.Error):
        return  # the client has gone, or speaks no SSH
    finally:
        await tunnel.end()


def _open_door() -> type[asyncssh.SSHServer]:
    import asyncssh

    class OpenDoor(asyncssh.SSHServer):
        """Nobody is asked who they are: the tunnel was."""

        def begin_auth(self, username: str) -> bool:
            return False

    return OpenDoor


def _host_key(path: Path) -> asyncssh.SSHKey:
    """Made once. Raises OSError."""
    import asyncssh

    try:
        return asyncssh.read_private_key(path)
    except (FileNotFoundError, asyncssh.KeyImportError):
        key = asyncssh.generate_private_key("ssh-ed25519")
        write_atomically(path, key.export_private_key(), 0o600)
        return key


class _Tunnel:
    """The processes of one tunnel."""

    def __init__(self, site: SiteContext) -> None:
        self._site = site
        self._running: set[asyncio.Task[None]] = set()

    async def handle(self, process: Process) -> None:
        """A shell, or a command, with or without a terminal."""
        if process.subsystem is not None:
            _refused(process, f"There is no {process.subsystem} here: send files by /api/vfs.")
        elif len(self._running) >= MOST_PROCESSES:
            _refused(process, f"{MOST_PROCESSES} processes run in this tunnel already.")
        else:
            task = asyncio.ensure_future(self._ran(process))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await asyncio.wait([task])

    async def end(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _ran(self, process: Process) -> None:
        shell = default_shell()
        words = (shell,) if process.command is None else (shell, "-c", process.command)
        size, terminal = None, None
        if process.term_type is not None:
            columns, rows, _, _ = process.term_size
            size, terminal = Size(columns, rows), terminal_type(process.term_type)
        try:
            running = await started(self._site, words, shell=shell, size=size, terminal=terminal)
        except WebsteadError as error:
            _refused(process, f"{error.what} {error.found} {error.fix}")
            return
        try:
            code = await first_of(_both_ways(process, running), _gone(process))
        finally:
            await running.end()
        if code is not None:
            _told(process, code)


def _refused(process: Process, why: str) -> None:
    process.stderr.write(f"{why.strip()}\n".encode())
    process.exit(1)


def _told(process: Process, code: int) -> None:
    """As a shell says it, where SSH has no name for the signal."""
    names = {number: name for name, number in _BY_NAME.items()}
    if -code in names:
        process.exit_with_signal(names[signal.Signals(-code)])
    else:
        process.exit(code if code >= 0 else 128 - code)


async def _gone(process: Process) -> None:
    await process.channel.wait_closed()


async def _both_ways(process: Process, running: Interactive) -> int:
    """Its exit code, when all that it wrote is sent."""
    taking = asyncio.ensure_future(_typed(process, running))
    try:
        return await relay(running, _into(process.stdout), _into(process.stderr))
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


def _into(stream: asyncssh.SSHWriter[bytes]) -> Send:
    async def send(data: bytes) -> None:
        stream.write(data)
        await stream.drain()

    return send


async def _typed(process: Process, running: Interactive) -> None:
    """Until the client's last word; what a terminal would do of itself comes as exceptions of the reading."""
    import asyncssh

    while True:
        try:
            data = await process.stdin.read(_CHUNK)
        except asyncssh.TerminalSizeChanged as changed:
            running.resize(Size(changed.width, changed.height))
        except asyncssh.BreakReceived:
            running.signal(signal.SIGINT)
        except asyncssh.SignalReceived as received:
            if received.signal in _BY_NAME:
                running.signal(_BY_NAME[received.signal])
        else:
            if not data:
                break
            running.input.put(data)
            await running.input.drained()
    if process.term_type is not None:
        running.input.put(_END_OF_INPUT)
    else:
        running.input.put_end()
