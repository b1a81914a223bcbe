"""Many sites of one supervisor, by their host names, with real apps."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from tests.real.host.scene import gateway, run, site, until
from webstead.errors import HostError, StartError
from webstead.events import Event
from webstead.host.listen import Listener, listen
from webstead.host.site import HostedSite
from webstead.host.supervisor import Supervisor
from webstead.site_table import SiteFiles

POOL = "fastcgi:python|app"
NAMES = ("shop", "blog", "wiki")


class Street:
    """Some sites, served by name; those that are asked for are noted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[Event] = []
        self.asked: list[str] = []
        self.supervisor = Supervisor(
            [Listener(listen("127.0.0.1", 0))], self.events.append, asked=self.asked.append
        )
        self.port = int(self.supervisor.url.rpartition(":")[2])
        self.sites = {name: self.supervisor.add(name, self.events.append) for name in NAMES}
        self.routes = {f"{name}.localhost": name for name in NAMES}

    @property
    def files(self) -> SiteFiles:
        return site(self.root, "fastcgi")

    def front_bytes(self) -> int:
        return psutil.Process(self.supervisor.front_pid).memory_info().rss

    async def get(self, host: str, path: str = "/") -> tuple[int, str]:
        return await asyncio.to_thread(ask, self.port, host, path)

    async def begin(self, name: str) -> HostedSite:
        hosted = self.sites[name]
        await hosted.start([gateway()], self.files)
        assert await hosted.ready() is None
        return hosted


def ask(port: int, host: str, path: str) -> tuple[int, str]:
    """Status and body; (0, reason) when the connection is lost."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError as error:
        return 0, str(error)
    finally:
        connection.close()


@asynccontextmanager
async def street(root: Path) -> AsyncIterator[Street]:
    made = Street(root)
    try:
        await made.supervisor.begin(made.routes)
        yield made
    finally:
        await made.supervisor.stop()


def test_each_host_has_its_own_app_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            for name in NAMES:
                await s.begin(name)
            answers = [await s.get(f"{name}.localhost:{s.port}") for name in NAMES]
            assert [status for status, _ in answers] == [200, 200, 200]
            assert len({pid for _, pid in answers}) == 3, "each has its own instance"
            status, page = await s.get("other.localhost")
            assert status == 404
            assert "No site has this name" in page
            assert s.asked == []

    run(main())


def test_a_request_wakes_a_cold_site_and_waits_for_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            waiting = [asyncio.create_task(s.get("shop.localhost")) for _ in range(5)]
            await until(lambda: bool(s.asked))
            assert set(s.asked) == {"shop"}
            await s.sites["shop"].start([gateway()], s.files)
            answers = await asyncio.gather(*waiting)
            assert {status for status, _ in answers} == {200}
            assert s.asked == ["shop"], "it is asked once"

    run(main())


def test_a_cold_site_that_cannot_start_says_why_to_who_waits(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            waiting = asyncio.create_task(s.get("shop.localhost"))
            await until(lambda: bool(s.asked))
            await s.sites["shop"].fail(StartError("Nothing was deployed yet."), s.files, POOL)
            status, page = await waiting
            assert status == 500
            assert "Nothing was deployed yet." in page

    run(main())


def test_a_site_that_goes_cold_finishes_what_it_began_and_is_asked_anew(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            shop = await s.begin("shop")
            first = (await s.get("shop.localhost"))[1]
            slow = asyncio.create_task(s.get("shop.localhost", "/slow"))
            await until(lambda: any(getattr(event, "line", "") == "slow" for event in s.events))
            await shop.rest()
            assert await slow == (200, first)
            assert not psutil.pid_exists(int(first))
            waiting = asyncio.create_task(s.get("shop.localhost"))
            await until(lambda: s.asked == ["shop"])
            await shop.start([gateway()], s.files)
            status, second = await waiting
            assert status == 200
            assert second != first

    run(main())


def test_sites_do_not_feel_each_other_come_and_go(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            for name in NAMES:
                await s.begin(name)
            answers: list[tuple[int, str]] = []

            async def load() -> None:
                while len(answers) < 400:
                    answers.append(await s.get("blog.localhost"))

            loading = [asyncio.create_task(load()) for _ in range(3)]
            for _ in range(3):
                await s.sites["shop"].rest()
                await s.begin("shop")
            s.supervisor.route({host: name for host, name in s.routes.items() if name != "wiki"})
            await s.supervisor.remove("wiki")
            await asyncio.gather(*loading)
            assert {status for status, _ in answers} == {200}
            assert (await s.get("wiki.localhost"))[0] == 404

    run(main())


def test_a_front_that_died_comes_back_with_all_sites(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            for name in NAMES[:2]:
                await s.begin(name)
            first = s.supervisor.front_pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until(lambda: s.supervisor.front_pid not in (None, first))
            for name in NAMES[:2]:
                assert (await s.get(f"{name}.localhost"))[0] == 200
            waiting = asyncio.create_task(s.get("wiki.localhost"))
            await until(lambda: s.asked == ["wiki"])
            await s.sites["wiki"].start([gateway()], s.files)
            assert (await waiting)[0] == 200

    run(main())


def test_routes_change_while_it_serves(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            await s.begin("shop")
            s.supervisor.route({**s.routes, "shop.example": "shop"})
            async with asyncio.timeout(10):
                while (await s.get("shop.example"))[0] != 200:
                    pass

    run(main())


def test_a_thousand_cold_sites_cost_little_and_the_last_answers_as_the_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            await s.begin("shop")
            await s.get("shop.localhost")
            before = s.front_bytes()
            many = {f"s{number}.localhost": f"s{number}" for number in range(1000)}
            s.supervisor.route({**s.routes, **many})
            waiting = asyncio.create_task(s.get("s999.localhost"))
            await until(lambda: s.asked == ["s999"])
            hosted = s.supervisor.add("s999", s.events.append)
            await hosted.start([gateway()], s.files)
            assert (await waiting)[0] == 200
            assert s.front_bytes() - before < 3_000_000

    run(main())


def test_requests_are_counted_for_each_site_also_when_it_goes_cold(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            assert await s.supervisor.metrics() == ()
            await s.begin("shop")
            await s.begin("blog")
            for _ in range(3):
                await s.get("shop.localhost")
            await s.get("blog.localhost", "/none/")
            await s.sites["shop"].rest()
            counted = {each.site: each for each in await s.supervisor.metrics()}
            assert counted["shop"].by_class == (0, 3, 0, 0, 0)
            assert counted["shop"].size > 0
            assert sum(counted["shop"].buckets) == 3
            assert counted["shop"].running == 0
            assert counted["blog"].answered == 1
            slow = asyncio.create_task(s.get("blog.localhost", "/slow"))
            await until(lambda: any(getattr(event, "line", "") == "slow" for event in s.events))
            counted = {each.site: each for each in await s.supervisor.metrics()}
            assert (counted["blog"].running, counted["blog"].quiet) == (1, 0.0)
            await slow
            s.supervisor.route({"blog.localhost": "blog"})
            assert [each.site for each in await s.supervisor.metrics()] == ["blog"]

    run(main())


def test_a_front_that_stands_still_is_not_waited_for_when_it_is_asked_to_count(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            await s.begin("shop")
            pid = s.supervisor.front_pid
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            try:
                with pytest.raises(HostError, match="does not tell"):
                    await s.supervisor.metrics()
            finally:
                os.kill(pid, signal.SIGCONT)
            assert len(await s.supervisor.metrics()) == 1

    run(main())


def test_a_site_has_its_access_log_in_its_folder(tmp_path: Path) -> None:
    async def main() -> None:
        async with street(tmp_path) as s:
            logs = tmp_path / "LogFiles"
            logs.mkdir()
            s.sites["shop"] = s.supervisor.add("shop", s.events.append, logs=logs)
            await s.begin("shop")
            await s.begin("blog")
            await s.get("shop.localhost", "/seen?x=1")
            await s.get("blog.localhost", "/other")
            file = logs / "http" / "RawLogs" / "access.log"
            await until(lambda: file.exists() and "/seen" in file.read_text())
            line = file.read_text().splitlines()[-1].split()
            assert line[2:6] == ["shop", "GET", "/seen", "x=1"]
            assert line[6] == str(s.port)
            assert "/other" not in file.read_text()

    run(main())
