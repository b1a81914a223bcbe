"""`up --reload`: start anew when files change; what serves goes on until the new code answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path, PurePath

from watchfiles import Change, awatch

from webstead.errors import WebsteadError
from webstead.events import Emit, Failed, Ready, Reloading
from webstead.host import Supervisor
from webstead.plan import Overrides
from webstead.project.tree import IGNORED_FOLDERS
from webstead.site.layout import SiteLayout
from webstead.site.prepare import Prepared, decide, error_site, prepare

__all__ = ["asks_for_reload", "reload_on_change"]

WATCHED_SUFFIXES = frozenset(
    {".cfg", ".config", ".env", ".html", ".ini", ".j2", ".jinja", ".jinja2", ".lock", ".mako", ".py", ".toml"}
    | {".tpl", ".yaml", ".yml"}
)
"""Code, templates, configuration. Not what apps write (databases, logs, JSON) or what needs no restart."""

WATCHED_NAMES = frozenset({"Procfile", ".python-version", "runtime.txt"})


def asks_for_reload(path: PurePath) -> bool:
    """Whether a change of this file, relative to the project, asks for a new start."""
    if any(part in IGNORED_FOLDERS for part in path.parts):
        return False
    return (
        path.suffix.lower() in WATCHED_SUFFIXES
        or path.name in WATCHED_NAMES
        or (path.name.startswith("requirements") and path.suffix == ".txt")
    )


async def reload_on_change(
    supervisor: Supervisor, layout: SiteLayout, overrides: Overrides, emit: Emit, answered: asyncio.Event
) -> None:
    """Watch the project for as long as this task lives. What changes before the site has answered for the
    first time is taken up then."""

    def fits(_: Change, path: str) -> bool:
        return asks_for_reload(Path(path).relative_to(layout.wwwroot))

    async for changes in awatch(layout.wwwroot, watch_filter=fits, debounce=400, step=50):
        await answered.wait()
        emit(Reloading(_names(layout, (path for _, path in changes))))
        await _start_anew(supervisor, layout, overrides, emit)


async def _start_anew(supervisor: Supervisor, layout: SiteLayout, overrides: Overrides, emit: Emit) -> None:
    began = time.monotonic()
    try:
        prepared = await asyncio.to_thread(_prepare, layout, overrides, emit)
    except WebsteadError as error:
        emit(Failed(error.as_json()))
        await supervisor.fail(error, *error_site(layout))
        return
    if await supervisor.replace(prepared.launches, prepared.files) is None:
        emit(Ready(supervisor.url, time.monotonic() - began))


def _prepare(layout: SiteLayout, overrides: Overrides, emit: Emit) -> Prepared:
    return prepare(layout, decide(layout, overrides, emit), emit, allow_build=True)


def _names(layout: SiteLayout, paths: Iterable[str]) -> list[str]:
    return sorted(Path(path).relative_to(layout.wwwroot).as_posix() for path in paths)
