"""`/api/command`: a command in the site's home, by a shell (reference 1.1)."""

from __future__ import annotations

import asyncio
from typing import Annotated

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from webstead.errors import WebsteadError
from webstead.services.bodies import taken
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.surroundings import confinement_of, environment_of
from webstead.services.wire import Answer, Given
from webstead.site.commands.run import NOT_RUN, CommandResult, run_command, shell_words
from webstead.site.commands.variables import folder_of_command, idle_seconds

__all__ = ["ROUTES", "Command", "Ran", "run"]

MOST_AT_ONCE = 20
"""Commands of one site that run together: each has a shell, two pipes and a place in memory."""


class Command(Given):
    """dir: where it runs: joined to the home, variables filled in; the home itself when it is empty."""

    command: str
    dir: str | None = None


class Ran(Answer):
    """Output, Error: what it wrote on its two streams. ExitCode: negative when it was ended, or could not be
    started: then Error says why."""

    Output: str
    Error: str
    ExitCode: int


async def run(site: OfSite, request: Request, body: Annotated[Command, taken(Command)]) -> Ran:
    """Run it with `bash -c`, with the site's Python first on PATH and every setting as a variable. The answer
    comes when it has ended; that it failed is in ExitCode, never in the status. A command that neither writes
    nor works for SCM_COMMAND_IDLE_TIMEOUT seconds is ended, and so is one whose caller goes away.

    `pip install X` changes this site alone; the app has it after its next restart."""
    if not body.command.strip():
        raise ApiError(400, "The command is empty.", fix='Send {"command": "ls -l", "dir": "site/wwwroot"}.')
    result = await _unless_left(request, site, body)
    return Ran(Output=result.output, Error=result.error, ExitCode=result.code)


_running: dict[str, int] = {}


async def _unless_left(request: Request, site: SiteContext, body: Command) -> CommandResult:
    """The command is ended when the client has gone."""
    key = str(site.home.root)
    if _running.get(key, 0) >= MOST_AT_ONCE:
        found = f"{MOST_AT_ONCE} commands of this site run already: wait, or end one of its processes.\n"
        return CommandResult("", found, NOT_RUN)
    _running[key] = _running.get(key, 0) + 1
    command = asyncio.create_task(_ran(site, body))
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait([command, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not command.done():
            command.cancel()
            await asyncio.wait([command])
            return CommandResult("", "The client has gone.\n", NOT_RUN)
        return command.result()
    finally:
        command.cancel()
        leaving.cancel()
        _running[key] -= 1
        if not _running[key]:
            del _running[key]


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


async def _ran(site: SiteContext, body: Command) -> CommandResult:
    try:
        settings, variables = await run_in_threadpool(environment_of, site.context, site.record)
        confinement = await run_in_threadpool(confinement_of, site.context, site.record)
    except OSError as error:
        return CommandResult("", f"The site's Python cannot be made ready: {error}\n", NOT_RUN)
    except WebsteadError as error:
        return CommandResult("", f"{error.what} {error.found} {error.fix}\n", NOT_RUN)
    return await run_command(
        shell_words(body.command),
        cwd=folder_of_command(body.dir or "", site.home.root, variables),
        env=variables,
        idle=idle_seconds(settings),
        confinement=confinement,
    )


ROUTES = (
    Route(
        "POST",
        "/command",
        run,
        scope="files",
        summary="Run a command",
        gives=Ran,
        takes=Command,
        example={"command": "python -m pip install -r requirements.txt", "dir": "site/wwwroot"},
    ),
)
