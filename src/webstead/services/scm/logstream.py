"""`/api/logstream`: what is written to the site's logs from now on, as text without end (reference 1.11)."""

from __future__ import annotations

import asyncio
import math
import os
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.files.paths import path_in
from webstead.services.log_watch import LogWatch, watched
from webstead.services.routes import Route
from webstead.site.files.inside import find, own_as
from webstead.site.files.paths import FilePath
from webstead.site.logs.follow import Follower, Snapshot
from webstead.site.store.settings import read_settings

__all__ = ["ROUTES", "TIMEOUT_SETTING", "stream", "stream_all", "stream_seconds", "welcome"]

TIMEOUT_SETTING = "SCM_LOGSTREAM_TIMEOUT"
_SECONDS = 7200.0
_LONGEST = 7 * 24 * 3600.0
_HEARTBEAT = 60.0
MOST_STREAMS = 100
"""Of one site at once: each holds its files open."""


def stream_all(site: OfSite, filter: str = "") -> Response:  # noqa: A002 - the query's own name
    """The logs of the site: what its instances write, and all other files in LogFiles. filter: only lines
    that hold it, without regard to case."""
    return _stream(site, FilePath((), slash=True), filter)


def stream(site: OfSite, path: str, filter: str = "") -> Response:  # noqa: A002 - the query's own name
    """Of one folder of LogFiles, as `Application`; it is made when it is missing."""
    return _stream(site, path_in(path), filter)


def welcome(now: datetime, seconds: float) -> str:
    """The first line. The first sentence is Kudu's: clients wait for it."""
    return (
        f"{now:%Y-%m-%dT%H:%M:%S}  Welcome, you are now connected to log-streaming service. "
        f"It ends when nothing is added for {seconds:g} s: the setting {TIMEOUT_SETTING}.\n"
    )


def stream_seconds(settings: dict[str, str]) -> float:
    """How long a stream lasts to which nothing is added. What is no number of seconds is passed over."""
    text = settings.get(TIMEOUT_SETTING, "").strip()
    return (
        min(float(text), _LONGEST) or _SECONDS if re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", text) else _SECONDS
    )


_open: dict[str, int] = {}


def _stream(site: SiteContext, path: FilePath, wanted: str) -> Response:
    parts = ("LogFiles", *path.parts)
    try:
        _make(site, parts)
    except OSError:
        raise ApiError(404, f"'{site.home.root.joinpath(*parts)}' is no folder of logs.") from None
    if _open.get(site.name, 0) >= MOST_STREAMS:
        raise ApiError(429, f"{MOST_STREAMS} streams of this site are open.", fix="Close some of them.")
    store, name = site.context.store, site.name
    seconds = stream_seconds({**read_settings(store, name, "app"), **read_settings(store, name, "scm")})
    return _LogResponse(site, parts, wanted, seconds)


def _make(site: SiteContext, parts: tuple[str, ...]) -> None:
    with find(site.home.root, parts, make=True) as place:
        if place.info is None:
            os.mkdir(place.name, 0o755, dir_fd=place.folder)
            own_as(place.folder, place.name)
        elif not place.is_folder:
            raise NotADirectoryError(place.name)


class _LogResponse(StreamingResponse):
    """Lets go of its files however it ends."""

    def __init__(self, site: SiteContext, parts: tuple[str, ...], wanted: str, seconds: float) -> None:
        self._site = site
        self._parts = parts
        self._wanted = wanted
        self._seconds = seconds
        self._follower: Follower | None = None
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(iter(()), headers=headers, media_type="text/plain; charset=utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = self._site.name
        _open[name] = _open.get(name, 0) + 1
        try:
            async with watched(self._site.home.root, self._parts) as watch:
                seen = await watch.begin()
                self._follower = Follower(seen, self._wanted)
                self.body_iterator = self._text(watch, seen, self._follower)
                await super().__call__(scope, receive, send)
        finally:
            if self._follower is not None:
                self._follower.close()
            _open[name] -= 1

    async def _text(self, watch: LogWatch, seen: Snapshot, follower: Follower) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        yield welcome(self._site.context.clock.now(), self._seconds).encode()
        heard, silent = loop.time(), 0
        while (left := heard + self._seconds - loop.time()) > 0:
            due = heard + _HEARTBEAT * (silent + 1) - loop.time()
            seen = await watch.change(seen, max(0.0, min(left, due)))
            pieces = follower.read(seen)
            while (piece := await run_in_threadpool(_next, pieces)) is not None:
                heard, silent = loop.time(), 0
                yield piece
            if loop.time() >= heard + _HEARTBEAT * (silent + 1):
                silent = math.floor((loop.time() - heard) / _HEARTBEAT)
                yield self._line(f"No new trace in the past {silent} min(s).")
        nothing = f"nothing was added for {self._seconds:g} s"
        yield self._line(f"The stream has ended: {nothing} ({TIMEOUT_SETTING}).")

    def _line(self, text: str) -> bytes:
        return f"{self._site.context.clock.now():%Y-%m-%dT%H:%M:%S}  {text}\n".encode()


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


_TEXT = "text/plain"

ROUTES = (
    Route(
        "GET", "/logstream", stream_all, scope="logs", summary="The logs, as they are written", media=_TEXT
    ),
    Route(
        "GET",
        "/logstream/{path:path}",
        stream,
        scope="logs",
        summary="The logs of a folder, as they are written",
        media=_TEXT,
        others={404: "It is no folder", 429: "Too many streams are open"},
    ),
)
