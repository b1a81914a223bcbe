"""That logs have grown: looked for once for all who stream them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from webstead.site.logs.follow import Snapshot, look_at

__all__ = ["LogWatch", "watched"]

_LOOK_SECONDS = 0.5
"""A few files are looked at in less than a millisecond."""


class LogWatch:
    """Of one folder, for as long as somebody waits for it."""

    def __init__(self, home: Path, parts: tuple[str, ...]) -> None:
        self._home = home
        self._parts = parts
        self._changed = asyncio.Event()
        self.readers = 0
        self.now = Snapshot({})
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> Snapshot:
        """What is there now."""
        self._take(await asyncio.to_thread(look_at, self._home, self._parts))
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        return self.now

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def change(self, seen: Snapshot, seconds: float) -> Snapshot:
        """What is there when it differs from what was seen, or after so many seconds."""
        if self.now == seen:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)
        return self.now

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._take(await asyncio.to_thread(look_at, self._home, self._parts))

    def _take(self, now: Snapshot) -> None:
        """Who waits is woken, when it differs."""
        if now != self.now:
            self.now = now
            woken, self._changed = self._changed, asyncio.Event()
            woken.set()


_watches: dict[tuple[int, Path, tuple[str, ...]], LogWatch] = {}


@asynccontextmanager
async def watched(home: Path, parts: tuple[str, ...]) -> AsyncIterator[LogWatch]:
    """The watch of this folder that all share; it ends with its last reader."""
    key = (id(asyncio.get_running_loop()), home, parts)
    watch = _watches.setdefault(key, LogWatch(home, parts))
    watch.readers += 1
    try:
        yield watch
    finally:
        watch.readers -= 1
        if not watch.readers:
            watch.end()
            del _watches[key]
