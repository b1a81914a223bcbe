"""The app's lifespan (ASGI lifespan, spec version 2.0): its start before the first request, its end behind
the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from webstead.gateway.asgi.interface import AppError, AsgiApp, Message
from webstead.gateway.failure import BAD_APP, StartFailure
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.trouble import app_traceback

__all__ = ["SECONDS_TO_SHUT_DOWN", "Lifespan"]

SECONDS_TO_SHUT_DOWN = 30.0
"""How long the app's shutdown may take. Precedents: hypercorn shutdown_timeout 60 s, gunicorn
graceful_timeout 30 s. What ends the whole process earlier is its own grace."""

_FIX = "Correct what the app's start-up says."


class Lifespan:
    """state: what the app put there while it started; each request gets a copy of it.

    An app that raises, or returns, before it has answered the start is one without a lifespan: no error.
    """

    def __init__(self, app: AsgiApp, log: Log) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._log = log
        self._events: asyncio.Queue[str] = asyncio.Queue()
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self._supported = False

    async def start(self) -> None:
        """Raises StartFailure when the app says that it cannot start."""
        self._events.put_nowait("lifespan.startup")
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._started

    async def stop(self) -> None:
        if not self._supported or self._stopped.done():
            return
        self._events.put_nowait("lifespan.shutdown")
        _, late = await asyncio.wait({self._stopped}, timeout=SECONDS_TO_SHUT_DOWN)
        if late:
            self._log.line(f"warning: the app's shutdown took more than {SECONDS_TO_SHUT_DOWN:g} s")

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await self._app(scope, self._receive, self._send)
        except BaseException as error:  # noqa: BLE001 (also SystemExit: what it ends is decided here)
            self._raised(error)
        _settle(self._started)
        _settle(self._stopped)

    def _raised(self, error: BaseException) -> None:
        if not self._started.done():
            self._log.note(f"the app has no lifespan: {type(error).__name__}: {error}")
        elif self._supported and not isinstance(error, asyncio.CancelledError):
            self._log.line(f"the app's lifespan failed\n{app_traceback(error).rstrip()}")

    async def _receive(self) -> Message:
        return {"type": await self._events.get()}

    async def _send(self, message: Mapping[str, Any]) -> None:
        kind = message["type"]
        text = str(message.get("message", ""))
        if kind == "lifespan.startup.complete":
            self._supported = True
            _settle(self._started)
        elif kind == "lifespan.startup.failed":
            if not self._started.done():
                self._started.set_exception(_failure(text))
        elif kind == "lifespan.shutdown.complete":
            _settle(self._stopped)
        elif kind == "lifespan.shutdown.failed":
            self._log.line(f"the app's shutdown failed\n{text}".rstrip())
            _settle(self._stopped)
        else:
            raise AppError(f"{kind!r} is no message of a lifespan")


def _failure(text: str) -> StartFailure:
    lines = text.rstrip().splitlines()
    found = lines[-1] if lines else "lifespan.startup.failed without a message"
    detail = text if len(lines) > 1 else ""
    return StartFailure(BAD_APP, "The app's start-up failed.", found, _FIX, detail)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
