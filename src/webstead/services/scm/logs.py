"""`/api/logs`: what the site's instances wrote last (reference 1.11)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.responses import Response

from webstead.services.context import OfSite, SiteContext
from webstead.services.files.archive import ZIP, zip_of
from webstead.services.routes import Route
from webstead.services.wire import Answer, Date
from webstead.site.files.packing import Member
from webstead.site.logs.recent import ConsoleLog, console_logs, recent_entries

__all__ = ["ROUTES", "LogFile", "LogLine", "console", "console_zip", "recent"]

MOST_ENTRIES = 1000
"""Kudu's."""


class LogLine(Answer):
    """level: Verbose, Information, Warning or Error."""

    timestamp: Date
    level: str
    pid: int
    message: str


class LogFile(Answer):
    """size: bytes. href: where it is read. path: on the disk."""

    machineName: str
    lastUpdated: Date
    size: int
    href: str
    path: str


def recent(site: OfSite, top: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 100) -> list[LogLine]:
    """The newest entries of the application log, the newest first, of all instances together."""
    return [
        LogLine(timestamp=each.time, level=each.level, pid=each.pid, message=each.message)
        for each in recent_entries(site.home.root, top)
    ]


def console(site: OfSite) -> list[LogFile]:
    """The files that the instances' output went to on the newest day."""
    return [_file(site, each) for each in console_logs(site.home.root)]


def console_zip(site: OfSite) -> Response:
    """The same files as a zip."""
    members = [Member(each.parts[-1], each.parts) for each in console_logs(site.home.root)]
    return zip_of(site.home.root, members, f"{site.name}-logs.zip")


def _file(site: SiteContext, log: ConsoleLog) -> LogFile:
    return LogFile(
        machineName=log.machine,
        lastUpdated=log.modified,
        size=log.size,
        href=site.url(f"/api/vfs/{quote('/'.join(log.parts))}"),
        path=str(site.home.root.joinpath(*log.parts)),
    )


ROUTES = (
    Route(
        "GET",
        "/logs/recent",
        recent,
        scope="logs",
        summary="The newest lines",
        gives=list[LogLine],
        at="api",
    ),
    Route(
        "GET",
        "/logs/docker",
        console,
        scope="logs",
        summary="The newest console logs",
        gives=list[LogFile],
        at="api",
        aliases=("/api/logs/container",),
    ),
    Route(
        "GET",
        "/logs/docker/zip",
        console_zip,
        scope="logs",
        summary="The newest console logs as a zip",
        media=ZIP,
        at="api",
        aliases=("/api/logs/container/zip",),
    ),
)
