"""The pools of one set of launches. A reload starts a second generation beside the first, and ends the first
after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from webstead.errors import WebsteadError
from webstead.events import Emit
from webstead.host.failure import failure_text
from webstead.host.instance import Lifeline
from webstead.host.launch import Launch
from webstead.host.policy import Limits
from webstead.host.pool import Pool
from webstead.site_table import PoolEntry

__all__ = ["Failing", "Generation"]


class Generation:
    """sockets: prefix of the paths of its sockets, different for each generation."""

    def __init__(
        self,
        launches: Sequence[Launch],
        sockets: Path,
        lifeline: Lifeline,
        emit: Emit,
        on_change: Callable[[Generation], None],
        limits: Limits,
    ) -> None:
        self._pools = [
            Pool(
                launch,
                sockets.with_name(f"{sockets.name}-{number}"),
                lifeline,
                emit,
                lambda: on_change(self),
                limits,
            )
            for number, launch in enumerate(launches, 1)
        ]

    def start(self) -> None:
        for pool in self._pools:
            pool.start()

    def wanted(self, key: str) -> None:
        for pool in self._pools:
            if pool.key == key:
                pool.wanted()

    @property
    def entries(self) -> tuple[PoolEntry, ...]:
        return tuple(pool.entry for pool in self._pools)

    @property
    def error(self) -> WebsteadError | None:
        """Why the first pool that answers nothing failed."""
        return next((pool.error for pool in self._pools if pool.entry.status == "failed"), None)

    async def settled(self) -> WebsteadError | None:
        """None when all pools are ready; else why the first that failed did, without waiting for the
        others."""
        waiting = {asyncio.create_task(pool.settled()) for pool in self._pools}
        try:
            for done in asyncio.as_completed(waiting):
                if error := await done:
                    return error
            return None
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def retire(self, quiet: float, grace: float) -> None:
        """Stop, after the front has turned away: requests that still run have `quiet` seconds before
        SIGTERM."""
        await asyncio.gather(*(pool.quiet(quiet) for pool in self._pools))
        await self.stop(grace)

    async def stop(self, grace: float) -> None:
        await asyncio.gather(*(pool.stop(grace) for pool in self._pools))


class Failing:
    """What stands in a generation's place when there is nothing to start: each request for the pool of this
    key is answered with the error."""

    def __init__(self, pool: str, error: WebsteadError) -> None:
        self.error = error
        text = failure_text(error, "fastcgi", rapid=False)
        self.entries = (PoolEntry(pool, "fastcgi", "failed", failure=text),)

    def start(self) -> None:
        """There is nothing to start."""

    def wanted(self, key: str) -> None:
        """A request alone changes nothing: only new files do."""

    async def settled(self) -> WebsteadError | None:
        return self.error

    async def retire(self, quiet: float, grace: float) -> None:
        """Nothing runs."""

    async def stop(self, grace: float) -> None:
        """Nothing runs."""
