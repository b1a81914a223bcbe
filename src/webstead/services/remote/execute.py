"""`/exec/execute`: a command that is begun and left, as `az webapp exec --mode execute` asks for it. What it
wrote is in a file of the site's logs when it has ended.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import shutil
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from webstead.services.bodies import taken
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.remote.sessions import Watch, admitted, first_of
from webstead.services.routes import Route
from webstead.services.surroundings import confinement_of, environment_of
from webstead.services.wire import Answer, Given
from webstead.site.commands.run import NOT_RUN, CommandResult, run_command
from webstead.site.commands.shells import start_folder
from webstead.site.commands.told import told_path, write_told

__all__ = ["ROUTES", "Accepted", "Execution", "begin"]

_log = logging.getLogger(__name__)

_IDLE_SECONDS = 24 * 3600.0
"""Nobody waits for it. What has neither written nor worked for a day is forgotten, and ended."""

MOST_WORDS = 1000
"""More are a file's matter."""


class Execution(Given):
    """Command: a program, by its path or as PATH finds it; no shell reads it. WorkingDirectory: absolute, or
    joined to the home; the current release when it is left out."""

    Command: str = Field(min_length=1, max_length=4096)
    Args: list[str] = Field(default_factory=list, max_length=MOST_WORDS)
    WorkingDirectory: str | None = None


class Accepted(Answer):
    """Message: where its output will be."""

    Message: str


_begun: set[asyncio.Task[None]] = set()
_numbers = itertools.count(1)


async def begin(site: OfSite, body: Annotated[Execution, taken(Execution)]) -> Accepted:
    """Begin it, as the site's user, with the site's Python first on PATH and every setting as a variable.
    That it was begun is the answer, not that it succeeds: its output and its exit code are in the file that
    the answer names, when it has ended. It ends when the site is stopped or deleted, or the server ends."""
    with ExitStack() as stack:
        watch = stack.enter_context(admitted(site, None))
        _, variables = await run_in_threadpool(environment_of, site.context, site.record)
        folder = _folder(site, body)
        _check(body, folder, variables)
        confinement = await run_in_threadpool(confinement_of, site.context, site.record)
        words = (body.Command, *body.Args)
        run = run_command(words, cwd=folder, env=variables, idle=_IDLE_SECONDS, confinement=confinement)
        name = f"{site.context.clock.now():%Y%m%dT%H%M%S}-{next(_numbers)}.log"
        task = asyncio.create_task(_kept(site, name, words, run, watch, stack.pop_all()))
    _begun.add(task)
    task.add_done_callback(_begun.discard)
    return Accepted(Message=f"The command has begun; when it has ended, its output is in {told_path(name)}.")


def _folder(site: SiteContext, body: Execution) -> Path:
    """Raises ApiError 400."""
    try:
        folder = site.home.root / body.WorkingDirectory if body.WorkingDirectory else start_folder(site.home)
        there = folder.is_dir()
    except (ValueError, OSError):  # a NUL; a name that is too long
        there = False
    if not there:
        raise ApiError(400, f"There is no folder {body.WorkingDirectory!r} here.", fix="Leave it out.")
    return folder


def _check(body: Execution, folder: Path, variables: Mapping[str, str]) -> None:
    """Raises ApiError 400."""
    if any("\0" in word for word in (body.Command, *body.Args)):
        raise ApiError(400, "A word of the command holds a NUL.")
    named = str(folder / body.Command) if "/" in body.Command else body.Command
    if shutil.which(named, path=variables.get("PATH")) is None:
        raise ApiError(
            400,
            f"There is no program {body.Command!r} here.",
            fix="Name one that is on the site's PATH, or its whole path. A line for a shell is an argument "
            "of one: az webapp exec --shell-command LINE.",
        )


async def _kept(
    site: SiteContext,
    name: str,
    words: Sequence[str],
    run: Coroutine[object, object, CommandResult],
    watch: Watch,
    held: ExitStack,
) -> None:
    """It runs, and is told. A disk that is full has no more of it; the log says so."""
    with held:
        result = await first_of(run, _cut(watch))
        try:
            await run_in_threadpool(write_told, site.home.root, name, words, result)
        except OSError as error:
            _log.error("%s of the site %s cannot be written: %s", told_path(name), site.name, error)


async def _cut(watch: Watch) -> CommandResult:
    """When the site is gone or stopped."""
    reason = await watch.ended(math.inf)
    return CommandResult("", f"The command was ended. {reason}\n", NOT_RUN)


ROUTES = (
    Route(
        "POST",
        "/exec/execute",
        begin,
        scope="files",
        summary="Begin a command, and leave it",
        gives=Accepted,
        status=202,
        takes=Execution,
        at="root",
        others={409: "The site is stopped"},
        example={"Command": "python", "Args": ["manage.py", "migrate"]},
    ),
)
