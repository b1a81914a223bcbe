"""The whole of the host with the real front and the real gateway: what survives which death."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import uvloop

from tests.live import REPOSITORY
from tests.real.host.scene import APPS, Scene, gateway, platform, run, serving, site, until
from webstead.errors import HostError
from webstead.events import AppOutput, Failed, InstanceExited, NotReady, Ready
from webstead.host.launch import Launch


@pytest.mark.parametrize("launch", [gateway(), platform("answers")], ids=["fastcgi", "http"])
def test_a_site_is_served_and_an_instance_that_is_killed_is_replaced(tmp_path: Path, launch: Launch) -> None:
    async def main() -> None:
        async with serving(launch, tmp_path) as s:
            assert await s.site.ready() is None
            assert await s.get() == (200, str(s.pids()[0]))
            os.kill(s.pids()[0], signal.SIGKILL)
            await until(lambda: len(s.pids()) == 2)
            await s.answered_by(s.pids()[1])
            assert s.told(NotReady) == []

    run(main())


def test_it_runs_on_uvloop_too(tmp_path: Path) -> None:
    async def main() -> None:
        for launch in (gateway(instances=2), platform("has_grandchild")):
            async with serving(launch, tmp_path) as s:
                assert await s.site.ready() is None
                os.kill(s.pids()[0], signal.SIGKILL)
                await until(lambda: bool(s.told(InstanceExited)))
                assert (await s.get())[0] == 200

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def test_a_request_that_arrives_after_the_kill_waits_for_the_new_gateway(tmp_path: Path) -> None:
    """The listening socket is the supervisor's: no connection is refused, none in its queue is lost."""

    async def main() -> None:
        async with serving(gateway(), tmp_path) as s:
            await s.site.ready()
            assert (await s.get())[0] == 200
            os.kill(s.pids()[0], signal.SIGKILL)
            await until(lambda: bool(s.told(InstanceExited)))
            assert await s.get() == (200, str(s.pids()[1]))

    run(main())


def test_a_front_that_is_killed_is_replaced_and_gets_the_table(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(gateway(), tmp_path) as s:
            await s.site.ready()
            assert (await s.get())[0] == 200
            first = s.supervisor.front_pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until(lambda: len(s.pids("front")) == 2)
            # The socket is still open: this connection waits in its queue for the new front.
            assert await s.get() == (200, str(s.pids()[0]))
            assert s.supervisor.front_pid != first

    run(main())


def test_an_app_that_does_not_import_is_answered_with_its_error_by_a_site_that_serves_on(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with serving(gateway("host_wsgi_broken:app", serve_on=True), tmp_path) as s:
            error = await s.site.ready()
            assert error is not None
            assert "no_such_framework" in error.found + error.detail
            status, body = await s.get()
            assert status == 500
            assert "no_such_framework" in body

    run(main())


def test_requests_start_a_pool_again_that_had_failed(tmp_path: Path) -> None:
    """And the site tells when it has become ready after all."""
    app = tmp_path / "late_app.py"
    app.write_text("import no_such_framework\n")

    async def main() -> None:
        launch = replace(gateway("late_app:app", serve_on=True), directory=tmp_path)
        async with serving(launch, tmp_path) as s:
            assert await s.site.ready() is not None
            app.write_text((APPS / "host_wsgi.py").read_text())
            await s.answers(lambda answer: answer[0] == 200)
            assert len(s.told(Ready)) == 1
            assert len(s.pids()) >= 2

    run(main())


async def requests(s: Scene, stop: asyncio.Event, path: str) -> list[tuple[int, str]]:
    answers = []
    while not stop.is_set():
        answers.append(await s.get(path))
    return answers


@pytest.mark.parametrize("path", ["/", "/slow"])
@pytest.mark.parametrize("launch", [gateway(), platform("answers")], ids=["fastcgi", "http"])
def test_a_reload_under_requests_loses_none(tmp_path: Path, launch: Launch, path: str) -> None:
    async def main() -> None:
        async with serving(launch, tmp_path) as s:
            await s.site.ready()
            stop = asyncio.Event()
            clients = [asyncio.create_task(requests(s, stop, path)) for _ in range(4)]
            for _ in range(3):
                assert await s.site.replace([launch], site(tmp_path, launch.process.protocol)) is None
                await s.answered_by(s.pids()[-1])
            stop.set()
            answers = [answer for answers in await asyncio.gather(*clients) for answer in answers]
            assert {status for status, _ in answers} == {200}
            assert {body for _, body in answers} <= {str(pid) for pid in s.pids()}
            await until(lambda: len(s.told(InstanceExited)) == 3)  # the old ones end by themselves

    run(main())


def test_a_reload_that_does_not_start_keeps_the_old_code(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(gateway(), tmp_path) as s:
            await s.site.ready()
            error = await s.site.replace([gateway("host_wsgi_broken:app")], site(tmp_path, "fastcgi"))
            assert error is not None
            assert [type(event) for event in s.told(Failed)] == [Failed]
            assert await s.get() == (200, str(s.pids()[0]))
            assert psutil.pid_exists(s.pids()[0])
            assert not psutil.pid_exists(s.pids()[1])

    run(main())


def test_a_reload_repairs_a_site_that_had_failed(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(gateway("host_wsgi_broken:app"), tmp_path) as s:
            assert await s.site.ready() is not None
            assert await s.site.replace([gateway("no_such:app")], site(tmp_path, "fastcgi")) is not None
            status, body = await s.get()
            assert (status, "no_such" in body, "no_such_framework" in body) == (500, True, False)
            assert await s.site.replace([gateway()], site(tmp_path, "fastcgi")) is None
            assert await s.get() == (200, str(s.pids()[-1]))
            assert s.told(Ready) == []  # who asked for the reload knows by its result

    run(main())


def test_a_reload_that_is_given_up_ends_what_it_started(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(platform("answers"), tmp_path) as s:
            await s.site.ready()
            reload = asyncio.create_task(s.site.replace([platform("never_listens")], site(tmp_path, "http")))
            await until(lambda: len(s.pids()) == 2)
            reload.cancel()
            await asyncio.gather(reload, return_exceptions=True)
            assert not psutil.pid_exists(s.pids()[1])
            assert await s.get() == (200, str(s.pids()[0]))

    run(main())


@pytest.mark.parametrize(
    "launch", [platform("ignores_sigterm"), platform("has_grandchild")], ids=["deaf", "family"]
)
def test_stop_ends_stubborn_apps_within_5_seconds(tmp_path: Path, launch: Launch) -> None:
    async def main() -> None:
        async with serving(launch, tmp_path) as s:
            assert await s.site.ready() is None

    run(main())


def test_a_running_request_is_finished_before_its_gateway_ends(tmp_path: Path) -> None:
    async def main() -> None:
        scene = Scene(tmp_path)
        await scene.supervisor.begin({"*": ""})
        await scene.site.start([gateway()], site(tmp_path, "fastcgi"))
        await scene.site.ready()
        slow = asyncio.create_task(scene.get("/slow"))
        await until(lambda: any(isinstance(e, AppOutput) and e.line == "slow" for e in scene.events))
        await scene.supervisor.stop()
        assert await slow == (200, str(scene.pids()[0]))

    run(main())


def test_a_front_that_does_not_come_up_is_our_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own interpreter is broken, as after an upgrade of the system; the app's is not."""
    launch = gateway()
    monkeypatch.setenv("PYTHONHOME", "/nowhere")

    async def main() -> None:
        async with serving(launch, tmp_path) as s:
            with pytest.raises(HostError) as caught:
                await s.site.ready()
            assert caught.value.exit_code == 9
            assert caught.value.what == "The HTTP side does not start"
            assert (await s.supervisor.broken()).what == caught.value.what

    run(main())


SUPERVISOR = """
import asyncio, sys
sys.path.insert(0, {tests!r})
import tests.real.host.scene as t
from pathlib import Path

async def main():
    async with t.serving(t.{launch}, Path({root!r})) as s:
        assert await s.site.ready() is None
        print(*(p.pid for p in t.psutil.Process().children(recursive=True)), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "launch",
    [
        "gateway(instances=2)",
        "platform('answers')",
        "platform('ignores_sigterm')",
        "platform('has_grandchild')",
    ],
)
def test_when_the_supervisor_is_killed_all_its_processes_end(tmp_path: Path, launch: str) -> None:
    code = SUPERVISOR.format(tests=str(REPOSITORY), launch=launch, root=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        try:
            pids = [int(pid) for pid in supervisor.stdout.readline().split()]
            processes = [psutil.Process(pid) for pid in pids]
        finally:
            supervisor.kill()
        _, alive = psutil.wait_procs(processes, timeout=10)
    assert len(pids) >= 3  # the front, the warden, the app
    assert alive == []
