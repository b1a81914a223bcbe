"""What serves is followed by what is to serve it: what goes on, what starts beside it, what is given up."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port
from tests.real.host.scene import Scene, gateway, platform, run, serving, site, until
from webstead.events import GOES_ON, Failed, InstanceExited, Note
from webstead.host.launch import Launch
from webstead.settings import Setting
from webstead.site_table import SiteFiles

BOTH = pytest.mark.parametrize("launch", [gateway(), platform("answers")], ids=["fastcgi", "http"])


def with_header(files: SiteFiles, value: str) -> SiteFiles:
    """The files with a header of this value on each response, and its rule one line further down."""
    ((folder, text),) = files.configs
    header = (
        f'<httpProtocol><customHeaders>\n<add name="x-edit" value="{value}"/></customHeaders></httpProtocol>'
    )
    return replace(files, configs=((folder, text.replace("<handlers>", f"{header}<handlers>")),))


def variable(launch: Launch, value: str) -> Launch:
    return replace(launch, environment={**launch.environment, "ASKED": value})


async def requests(s: Scene, stop: asyncio.Event, path: str) -> list[tuple[int, str]]:
    answers = []
    while not stop.is_set():
        answers.append(await s.get(path))
    return answers


async def under_requests(s: Scene, path: str, work: Coroutine[None, None, None]) -> list[tuple[int, str]]:
    """What clients were answered while the work was done."""
    stop = asyncio.Event()
    clients = [asyncio.create_task(requests(s, stop, path)) for _ in range(4)]
    await work
    stop.set()
    return [answer for answers in await asyncio.gather(*clients) for answer in answers]


def test_files_alone_start_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(gateway(), tmp_path) as s:
            await s.site.ready()
            files = site(tmp_path, "fastcgi")
            moved = gateway()
            place = Setting.of("A", "1", "web.config:99")
            moved = replace(moved, process=replace(moved.process, environment=(place,)))
            for value in ("one", "two"):
                assert await s.site.replace([moved], with_header(files, value), ()) is None
                assert await s.header("x-edit") == value
            assert await s.get() == (200, str(s.pids()[0]))
            assert len(s.pids()) == 1

    run(main())


@BOTH
def test_a_launch_that_changed_starts_beside_and_files_come_with_it(tmp_path: Path, launch: Launch) -> None:
    async def main() -> None:
        async with serving(launch, tmp_path) as s:
            await s.site.ready()
            files = with_header(site(tmp_path, launch.process.protocol), "new")
            assert await s.site.replace([variable(launch, "x")], files, ()) is None
            assert await s.header("x-edit") == "new"
            assert await s.get() == (200, str(s.pids()[1]))
            await until(lambda: not psutil.pid_exists(s.pids()[0]))

    run(main())


def test_files_whose_processes_do_not_start_are_not_served(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(gateway(), tmp_path) as s:
            await s.site.ready()
            files = site(tmp_path, "fastcgi")
            broken = gateway("host_wsgi_broken:app")
            assert await s.site.replace([broken], with_header(files, "new"), ()) is not None
            assert len(s.told(Failed)) == 1
            assert s.told(Note) == [GOES_ON]
            assert await s.header("x-edit") is None
            assert await s.get() == (200, str(s.pids()[0]))

    run(main())


def test_a_newer_change_takes_over_what_an_older_has_started(tmp_path: Path) -> None:
    """And files that need nothing new do not wait for either."""

    async def main() -> None:
        async with serving(platform("answers"), tmp_path) as s:
            await s.site.ready()
            files = site(tmp_path, "http")
            hanging = platform("never_listens")
            first = asyncio.create_task(s.site.replace([hanging], files, ()))
            await until(lambda: len(s.pids()) == 2)
            assert await s.site.replace([platform("answers")], with_header(files, "now"), ()) is None
            assert await first is None
            assert await s.header("x-edit") == "now"
            assert len(s.pids()) == 2
            await until(lambda: not psutil.pid_exists(s.pids()[1]))

            second = asyncio.create_task(s.site.replace([hanging], files, ()))
            await until(lambda: len(s.pids()) == 3)
            third = asyncio.create_task(s.site.replace([hanging], with_header(files, "later"), ()))
            assert await second is None
            assert len(s.pids()) == 3
            assert await s.header("x-edit") == "now"
            third.cancel()
            await asyncio.gather(third, return_exceptions=True)
            assert not psutil.pid_exists(s.pids()[2])
            assert await s.get() == (200, str(s.pids()[0]))

    run(main())


@pytest.mark.parametrize("path", ["/", "/slow"])
@BOTH
def test_recycling_under_requests_loses_none(tmp_path: Path, launch: Launch, path: str) -> None:
    async def main() -> None:
        async with serving(launch, tmp_path) as s:
            await s.site.ready()

            async def recycle() -> None:
                for _ in range(3):
                    assert await s.site.recycle([launch.process.pool]) is None
                    await s.answered_by(s.pids()[-1])

            answers = await under_requests(s, path, recycle())
            assert {status for status, _ in answers} == {200}
            await until(lambda: len(s.told(InstanceExited)) == 3)
            assert len(s.pids()) == 4

    run(main())


def test_recycling_and_changes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(gateway(), tmp_path) as s:
            await s.site.ready()
            files = site(tmp_path, "fastcgi")

            async def both() -> None:
                recycling = asyncio.create_task(s.site.recycle(["fastcgi:python|app"]))
                changes = 0
                while not recycling.done():
                    changes += 1
                    assert await s.site.replace([gateway()], with_header(files, f"{changes}"), ()) is None
                    assert await s.header("x-edit") == f"{changes}"
                assert changes > 1
                assert await recycling is None

            answers = await under_requests(s, "/", both())
            assert {status for status, _ in answers} == {200}
            assert await s.get() == (200, str(s.pids()[1]))

    run(main())


def test_a_recycling_that_does_not_start_keeps_the_old_instances(tmp_path: Path) -> None:
    app = tmp_path / "soon_broken.py"

    async def main() -> None:
        app.write_text((Path(__file__).parent / "apps" / "host_wsgi.py").read_text())
        launch = replace(gateway("soon_broken:app"), directory=tmp_path)
        async with serving(launch, tmp_path) as s:
            await s.site.ready()
            app.write_text("import no_such_framework\n")
            error = await s.site.recycle([launch.process.pool])
            assert error is not None
            assert "no_such_framework" in error.found + error.detail
            assert len(s.told(Failed)) == 1
            assert s.told(Note) == [GOES_ON]
            assert await s.get() == (200, str(s.pids()[0]))
            os.kill(s.pids()[0], 0)
            await until(lambda: not psutil.pid_exists(s.pids()[1]))

    run(main())


def test_a_fixed_port_is_given_up_before_the_next_instance_needs_it(tmp_path: Path) -> None:
    """Requests wait; none is lost."""

    async def main() -> None:
        launch = variable(platform("answers"), "x")
        launch = replace(launch, environment={**launch.environment, "HTTP_PLATFORM_PORT": str(free_port())})
        async with serving(launch, tmp_path) as s:
            await s.site.ready()

            async def renew() -> None:
                assert await s.site.recycle([launch.process.pool]) is None
                await s.answered_by(s.pids()[-1])
                files = site(tmp_path, "http")
                assert await s.site.replace([variable(launch, "y")], files, ()) is None
                await s.answered_by(s.pids()[-1])

            answers = await under_requests(s, "/slow", renew())
            assert {status for status, _ in answers} == {200}
            assert len(s.pids()) == 3

    run(main())


def test_what_served_goes_on_after_a_change_that_was_to_be_whole_also_when_it_answers_nothing(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        launch = replace(platform("app"), directory=tmp_path)
        (tmp_path / "app.py").write_text("import no_such_framework\n")
        files = site(tmp_path, "http")
        async with serving(launch, tmp_path) as s:
            assert await s.site.ready() is not None
            broken = platform("exits_at_once")
            assert await s.site.replace([broken], with_header(files, "new"), whole=True) is not None
            assert not psutil.pid_exists(s.pids()[1])
            shutil.copy(Path(__file__).parent / "apps" / "answers.py", tmp_path / "app.py")
            assert await s.site.recycle([launch.process.pool]) is None
            assert await s.get() == (200, str(s.pids()[2]))
            assert await s.header("x-edit") is None

    run(main())


def test_what_has_given_up_its_port_comes_back_when_its_successor_does_not_start(tmp_path: Path) -> None:
    """Requests wait; none is lost."""

    async def main() -> None:
        def at_port(launch: Launch) -> Launch:
            return replace(launch, environment={**launch.environment, "HTTP_PLATFORM_PORT": port})

        port, files = str(free_port()), site(tmp_path, "http")
        async with serving(at_port(platform("answers")), tmp_path) as s:
            await s.site.ready()

            async def fail() -> None:
                broken = at_port(platform("exits_at_once"))
                assert await s.site.replace([broken], with_header(files, "new"), whole=True) is not None
                await s.answered_by(s.pids()[-1])
                assert await s.header("x-edit") is None

            answers = await under_requests(s, "/slow", fail())
            assert {status for status, _ in answers} == {200}
            assert {text for _, text in answers} <= {str(s.pids()[0]), str(s.pids()[-1])}

    run(main())


def connections() -> int:
    """To our instances' sockets, accepted or not, as Linux lists them: those that listen bear a flag."""
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    ours = [words for words in lines if f"/webstead-{os.getpid()}-" in words[-1]]
    return len([words for words in ours if words[3] == "00000000"])


def test_what_waits_in_the_old_instances_queue_is_answered_by_it(tmp_path: Path) -> None:
    """It runs one request at a time. None of these can be repeated: the front has sent a body."""

    async def main() -> None:
        async with serving(gateway(), tmp_path) as s:
            await s.site.ready()
            waiting = [asyncio.create_task(s.post("/slow")) for _ in range(5)]
            await until(lambda: connections() == len(waiting))
            assert await s.site.recycle(["fastcgi:python|app"]) is None
            assert await s.get() == (200, str(s.pids()[1]))
            assert not any(task.done() for task in waiting[3:])
            assert set(await asyncio.gather(*waiting)) == {(200, str(s.pids()[0]))}
            await until(lambda: not psutil.pid_exists(s.pids()[0]))

    run(main())
