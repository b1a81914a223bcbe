"""Site tables, taken up one after the other. A configuration is compiled beside the event loop, which serves
the one before in the meantime: a long one takes tens of milliseconds, in which nobody would be answered."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Protocol

from webstead.front.error_page import Problem
from webstead.front.serving import Serving
from webstead.site_table import SiteTable

__all__ = ["SWITCH_SECONDS", "Compiled", "Stage", "Tables"]

SWITCH_SECONDS = 0.0005
"""How long the event loop waits for its turn while another thread compiles. A request takes several turns.
Measured with a file of 1,000 lines that is edited twice a second, on two busy cores: 99.9 % of requests are
answered within 25 ms; with Python's own 5 ms within 60; compiled in the loop itself within 80 to 150."""

Compiled = Serving | Problem
"""A site, or why its configuration cannot be used."""


class Stage(Protocol):
    """Where tables take effect."""

    def follow(self, table: SiteTable) -> None:
        """Take up which instances answer; without an effect on what is routed where."""
        ...

    def compiled(self, table: SiteTable) -> Compiled:
        """Its site: the one that is served, if the table changes nothing of it. From any thread."""
        ...

    def serve(self, table: SiteTable, compiled: Compiled) -> None:
        """From the next request on."""
        ...


class Tables:
    """applied: told of each table that has taken effect; of several that came meanwhile, of the newest."""

    def __init__(self, stage: Stage, applied: Callable[[SiteTable], None]) -> None:
        self._stage = stage
        self._applied = applied
        self._newest: SiteTable | None = None
        self._task: asyncio.Task[None] | None = None

    def take(self, table: SiteTable) -> None:
        first = self._newest is None
        self._newest = table
        self._stage.follow(table)
        if first:  # nobody can be answered before it
            self._serve(table, self._stage.compiled(table))
            gc.freeze()  # what is there now mostly stays: the collector need not look at it again
        elif self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work(table))
            self._task.add_done_callback(
                lambda done: done.cancelled() or done.result()
            )  # a bug of ours shows

    async def _work(self, table: SiteTable) -> None:
        while True:
            self._serve(table, await self._compiled(table))
            if self._newest is None or self._newest is table:
                return
            table = self._newest

    async def _compiled(self, table: SiteTable) -> Compiled:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            return await asyncio.to_thread(self._stage.compiled, table)
        finally:
            sys.setswitchinterval(usual)

    def _serve(self, table: SiteTable, compiled: Compiled) -> None:
        self._stage.serve(table, compiled)
        self._applied(table)
