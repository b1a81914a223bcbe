"""How long requests wait for a pool that nothing answers for."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest

from webstead.front import pool as module
from webstead.front.pool import Pool, Unavailable
from webstead.site_table import PoolEntry, Status, Why


class Nobody:
    """Who is told of it."""

    def wanted(self, pool: str) -> None: ...

    def retire(self, pool: str, address: str, why: Why) -> None: ...

    def left(self, address: str) -> None: ...


def entry(status: Status, seconds: float) -> PoolEntry:
    return PoolEntry("app", "http", status, startup_seconds=seconds)


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("status", ["starting", "dormant"])
def test_a_start_is_waited_for_as_long_as_it_may_take(status: Status) -> None:
    async def main() -> None:
        pool = Pool(entry(status, 20.0), asyncio.get_running_loop(), Nobody())
        waiting = asyncio.ensure_future(pool.acquire())
        await turns()
        assert not waiting.done()
        pool.update(entry("starting", 0.0))  # it died, and is started again: the time for a restart is over
        with pytest.raises(Unavailable):
            await waiting

    with patch.object(module, "TABLE_WAIT_SECONDS", 0.0):
        asyncio.run(main())
