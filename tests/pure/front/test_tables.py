from __future__ import annotations

import asyncio
import gc
import sys
import threading

from webstead.front.error_page import Problem
from webstead.front.tables import SWITCH_SECONDS, Compiled, Tables
from webstead.site_table import SiteTable


def table(revision: int) -> SiteTable:
    return SiteTable(revision, "/srv", (), ())


class Stage:
    """Notes what it is told, and compiles when it is let."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.may_compile = threading.Event()
        self.intervals: list[float] = []

    def follow(self, table: SiteTable) -> None:
        self.told.append(f"follow {table.revision}")

    def compiled(self, table: SiteTable) -> Compiled:
        self.intervals.append(round(sys.getswitchinterval(), 4))
        if threading.current_thread() is not threading.main_thread():
            self.may_compile.wait(10)
        return Problem(500, f"{table.revision}")

    def serve(self, table: SiteTable, compiled: Compiled) -> None:
        assert isinstance(compiled, Problem)
        assert compiled.what == f"{table.revision}"
        self.told.append(f"serve {table.revision}")


def test_the_first_is_served_at_once_and_of_many_that_come_the_newest() -> None:
    async def main() -> None:
        stage, all_applied, usual = Stage(), asyncio.Event(), sys.getswitchinterval()
        applied: list[int] = []

        def note(table: SiteTable) -> None:
            applied.append(table.revision)
            if table.revision == 4:
                all_applied.set()

        tables = Tables(stage, note)
        tables.take(table(1))
        assert applied == [1]
        for revision in (2, 3, 4):
            tables.take(table(revision))
            await asyncio.sleep(0)
        assert stage.told == ["follow 1", "serve 1", "follow 2", "follow 3", "follow 4"]
        stage.may_compile.set()
        await asyncio.wait_for(all_applied.wait(), 10)
        assert applied == [1, 2, 4]
        assert stage.told[5:] == ["serve 2", "serve 4"]
        assert stage.intervals[1:] == [round(SWITCH_SECONDS, 4)] * 2
        assert sys.getswitchinterval() == usual

    asyncio.run(main())


def test_what_later_tables_replace_is_not_kept_from_the_collector() -> None:
    """A site that is edited all day: what is frozen once is never collected."""

    async def main() -> None:
        stage, applied = Stage(), asyncio.Event()
        stage.may_compile.set()
        tables = Tables(stage, lambda table: applied.set())
        tables.take(table(1))
        frozen = gc.get_freeze_count()
        applied.clear()
        tables.take(table(2))
        await asyncio.wait_for(applied.wait(), 10)
        assert gc.get_freeze_count() <= frozen

    asyncio.run(main())
