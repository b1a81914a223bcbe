"""A shell or a command of a site, started for a session, and what it writes passed on."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Sequence

from starlette.concurrency import run_in_threadpool

from webstead.errors import WebsteadError
from webstead.services.context import SiteContext
from webstead.services.errors import ApiError
from webstead.services.surroundings import confinement_of, environment_of
from webstead.site.commands.descriptors import Source
from webstead.site.commands.interactive import Interactive, Size, start_interactive
from webstead.site.commands.shells import shell_environment, start_folder

__all__ = ["Send", "checked_shell", "default_shell", "relay", "started"]

Send = Callable[[bytes], Awaitable[None]]


def default_shell() -> str:
    """bash where there is one."""
    return shutil.which("bash") or "/bin/sh"


def checked_shell(path: str) -> str:
    """Of a query; the default for "". Raises ApiError 400."""
    if not path:
        return default_shell()
    if not path.startswith("/") or "\0" in path or not os.access(path, os.X_OK) or os.path.isdir(path):
        raise ApiError(
            400, f"There is no shell {path[:200]!r} here.", fix="Name a program by its whole path: /bin/sh."
        )
    return path


async def started(
    site: SiteContext, words: Sequence[str], *, shell: str, size: Size | None, terminal: str | None
) -> Interactive:
    """In the current release, with the site's variables, Python and user. Raises ApiError 500 and what the
    site's user is refused for."""
    try:
        _, variables = await run_in_threadpool(environment_of, site.context, site.record)
        confinement = await run_in_threadpool(confinement_of, site.context, site.record)
        return await start_interactive(
            words,
            cwd=start_folder(site.home),
            env=shell_environment(variables, shell, terminal),
            size=size,
            confinement=confinement,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ApiError(500, f"{words[0]} cannot be started.", found=str(error)) from None
    except WebsteadError as error:
        raise ApiError(500, error.what, found=error.found, fix=error.fix) from None


async def relay(running: Interactive, output: Send, errors: Send) -> int:
    """Send what it writes until it has ended; its exit code, negative for a signal. Waits for who is sent
    to."""
    streams = [_copied(running.output, output)]
    if running.errors is not None:
        streams.append(_copied(running.errors, errors))
    await asyncio.gather(*streams)
    return await running.wait()


async def _copied(source: Source, send: Send) -> None:
    while data := await source.read():
        await send(data)
