from __future__ import annotations

import asyncio
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
        self.reasons: list[str] = []
        self.watching = Watching(self.root, self.wanted, self.reasons.append)

    def wanted(self, path: Path) -> bool:
        return path.name in ("web.config", "restart.txt")

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
            file.write_text("1")
            await seen.sees(file)
        file.unlink()
        await seen.sees(file)

    watch(tmp_path, work(), watched)


@pytest.mark.usefixtures("either_way")
def test_a_file_elsewhere_is_seen_from_the_moment_that_it_is_asked_for(tmp_path: Path) -> None:
    watched: list[Watched] = []

    async def work() -> None:
        (seen,) = watched
        seen.outside.write_text("")
        seen.watching.others([seen.outside, seen.root / "web.config"])
        seen.outside.write_text("changed before the system has been told to watch")
        await seen.sees(seen.outside)
        seen.outside.write_text("and again")
        await seen.sees(seen.outside)
        seen.watching.others([])
        seen.outside.write_text("nobody asks any more")
        assert await seen.watching.next(0.5) == frozenset()

    watch(tmp_path, work(), watched)
