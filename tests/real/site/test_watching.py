from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path

import pytest

from webstead.site.watching import Watching


@pytest.fixture(params=["by the system", "by looking"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "by looking":
        monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")


class Watched:
    def __init__(self, root: Path) -> None:
        self.root = root / "site"
        self.outside = root / "elsewhere" / "restart.txt"
        for folder in (self.root, self.outside.parent):
            folder.mkdir()
        self.second = 1_000_000_000
        self.reasons: list[str] = []
        self.watching = Watching(self.root, self.wanted, self.reasons.append)

    def wanted(self, path: Path) -> bool:
        return path.name in ("web.config", "restart.txt")

    def write(self, file: Path, text: str) -> None:
        """Each time two seconds later: who looks at times sees whole seconds."""
        file.write_text(text)
        self.second += 2
        os.utime(file, (self.second, self.second))

    async def sees(self, path: Path) -> None:
        async with asyncio.timeout(20):
            while path not in await self.watching.next():
                pass


def watch(root: Path, work: Coroutine[None, None, None], watched: list[Watched]) -> None:
    async def main() -> None:
        watched.append(Watched(root))
        try:
            assert await watched[0].watching.next(20) == frozenset()  # from now on
            await work
        finally:
            await watched[0].watching.stop()
        assert watched[0].reasons == []

    asyncio.run(main())


@pytest.mark.usefixtures("either_way")
def test_a_file_is_seen_when_it_changes_also_in_a_folder_that_is_new(tmp_path: Path) -> None:
    watched: list[Watched] = []

    async def work() -> None:
        (seen,) = watched
        for name in ("web.config", "new/below/web.config"):
            file = seen.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            (file.parent / "notes.txt").write_text("nobody asks")
            seen.write(file, "1")
            await seen.sees(file)
        file.unlink()
        await seen.sees(file)

    watch(tmp_path, work(), watched)


@pytest.mark.usefixtures("either_way")
def test_a_file_elsewhere_is_seen_from_the_moment_that_it_is_asked_for(tmp_path: Path) -> None:
    watched: list[Watched] = []

    async def work() -> None:
        (seen,) = watched
        seen.write(seen.outside, "")
        seen.watching.others([seen.outside, seen.root / "web.config"])
        seen.write(seen.outside, "changed before the system has been told to watch")
        await seen.sees(seen.outside)
        seen.write(seen.outside, "and again")
        await seen.sees(seen.outside)
        seen.watching.others([])
        seen.write(seen.outside, "nobody asks any more")
        assert await seen.watching.next(0.5) == frozenset()

    watch(tmp_path, work(), watched)
