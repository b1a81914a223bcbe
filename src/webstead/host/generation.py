"""The pools that a site is served by. A change makes the next generation; it shares the pools that go on."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from webstead.errors import WebsteadError
from webstead.host.failure import failure_text
from webstead.host.launch import Launch
from webstead.host.pool import Pool
from webstead.site_table import PoolEntry, Why

__all__ = ["Failing", "Generation"]


@dataclass(frozen=True, slots=True)
class Failing:
    """There is nothing to start: each request for the pool of this key is answered with the error."""

    key: str
    error: WebsteadError

    @property
    def entry(self) -> PoolEntry:
        text = failure_text(self.error, "fastcgi", rapid=False)
        return PoolEntry(self.key, "fastcgi", "failed", failure=text)


class Generation:
    """pools: in the order of the plan's processes, each key once."""

    def __init__(self, pools: Sequence[Pool], failing: Failing | None = None) -> None:
        self.pools = tuple(pools)
        self.failing = failing

    def start(self) -> None:
        """Of pools that run already, nothing is started."""
        for pool in self.pools:
            pool.start()

    def wanted(self, key: str) -> None:
        for pool in self.of([key]):
            pool.wanted()

    def retire(self, key: str, address: str, why: Why) -> None:
        """An instance of that pool is to end."""
        for pool in self.of([key]):
            pool.retire(address, why)

    def shed(self) -> None:
        """Who waits where nothing will run soon is left waiting no longer."""
        for pool in self.pools:
            pool.shed()

    def of(self, keys: Collection[str]) -> tuple[Pool, ...]:
        return tuple(pool for pool in self.pools if pool.key in keys)

    def holder(self, launch: Launch) -> Pool | None:
        """The pool whose instances are what this launch would start again."""
        return next((pool for pool in self.pools if pool.launch.starts_the_same(launch)), None)

    def instead(self, old: Pool, new: Pool) -> Generation:
        """The generation in which the new pool stands in the old one's place."""
        return Generation([new if pool is old else pool for pool in self.pools])

    def same_as(self, other: Generation) -> bool:
        return self.pools == other.pools and self.failing == other.failing

    @property
    def entries(self) -> tuple[PoolEntry, ...]:
        failing = (self.failing.entry,) if self.failing else ()
        return (*failing, *(pool.entry for pool in self.pools))

    @property
    def error(self) -> WebsteadError | None:
        """Why the first pool that answers nothing failed."""
        if self.failing:
            return self.failing.error
        return next((pool.error for pool in self.pools if pool.entry.status == "failed"), None)

    async def settled(self) -> WebsteadError | None:
        """None when all pools are ready; else why the first that failed did, without waiting for the
        others."""
        if self.failing:
            return self.failing.error
        waiting = {asyncio.create_task(pool.settled()) for pool in self.pools}
        try:
            for done in asyncio.as_completed(waiting):
                if error := await done:
                    return error
            return None
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
