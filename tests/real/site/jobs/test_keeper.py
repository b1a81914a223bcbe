"""Continuous jobs and schedules, kept for real."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.observed import has_ended
from webstead.effects import FakeClock
from webstead.site.homes import ServerHome
from webstead.site.jobs.catalogue import data_of, find_job, set_disabled
from webstead.site.jobs.continuous import LOG, Worker
from webstead.site.jobs.keeper import JobKeeper
from webstead.site.jobs.model import Kind
from webstead.site.jobs.runs import Surroundings, history
from webstead.site.store import open_store
from webstead.site.store.sites import create_site, set_stopped

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FOREVER = "import time\nprint('working', flush=True)\nwhile True: time.sleep(100)\n"


def until(so: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        time.sleep(0.01)


class Scene:
    def __init__(self, tmp_path: Path) -> None:
        self.server = ServerHome(tmp_path)
        self.server.make()
        self.store = open_store(self.server.database)
        self.clock = FakeClock(NOW)
        create_site(self.store, "shop", now=NOW)
        self.home = self.server.site("shop")
        self.home.make()
        self.release("r1")
        around = Surroundings({"PATH": os.defpath}, Path(sys.executable))
        self.keeper = JobKeeper(self.server, self.store, self.clock, lambda record: around, look_seconds=0.02)

    def release(self, name: str) -> None:
        (self.home.releases / name).mkdir()
        self.home.wwwroot.unlink(missing_ok=True)
        self.home.wwwroot.symlink_to(f"releases/{name}")

    def job(self, kind: Kind, text: str, settings: str = "") -> None:
        folder = self.home.wwwroot / "App_Data" / "jobs" / kind / "work"
        folder.mkdir(parents=True, exist_ok=True)
        if settings:
            (folder / "settings.job").write_text(settings)
        (folder / "run.py").write_text(text)

    @property
    def log(self) -> str:
        try:
            return (data_of(self.home, "continuous", "work") / LOG).read_text()
        except OSError:
            return ""

    def runs(self) -> bool:
        return self.keeper.status("shop", "work") == "Running"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    scene.keeper.begin()
    yield scene
    scene.keeper.end()


def test_a_continuous_job_runs_until_it_is_stopped(scene: Scene) -> None:
    scene.job("continuous", FOREVER)
    until(lambda: "INFO] working" in scene.log)
    assert scene.runs()
    set_disabled(scene.home, "work", True)
    until(lambda: "Status changed to Stopped" in scene.log)
    assert scene.keeper.status("shop", "work") == "Stopped"
    set_disabled(scene.home, "work", False)
    until(lambda: scene.log.count("INFO] working") == 2)


def test_it_is_told_by_its_shutdown_file_first(scene: Scene) -> None:
    scene.job(
        "continuous",
        "import os, time\nprint('up', flush=True)\n"
        "while not os.path.exists(os.environ['WEBJOBS_SHUTDOWN_FILE']): time.sleep(0.01)\nprint('bye')\n",
    )
    until(lambda: "INFO] up" in scene.log)
    scene.keeper.end()
    assert "INFO] bye" in scene.log
    assert "exit code 0" in scene.log


def test_a_deployment_brings_the_new_one_and_a_stopped_site_has_none(scene: Scene) -> None:
    scene.job("continuous", FOREVER)
    until(scene.runs)
    scene.release("r2")
    until(lambda: scene.keeper.status("shop", "work") == "Stopped")
    scene.job("continuous", FOREVER.replace("working", "newer"))
    until(lambda: "INFO] newer" in scene.log)
    set_stopped(scene.store, "shop", True)
    until(lambda: scene.keeper.status("shop", "work") == "Stopped")


def test_one_that_ends_is_begun_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.job("continuous", "print('once')\nraise SystemExit(7)\n")
    around = Surroundings({"PATH": os.defpath}, Path(sys.executable))
    found = find_job(scene.home, "continuous", "work")
    assert found is not None
    worker = Worker(scene.home, found, lambda: around, scene.clock, restart_seconds=0.01)
    worker.begin()
    until(lambda: scene.log.count("INFO] once") >= 3)
    worker.end()
    assert "SYS ERR ] Job ended with exit code 7" in scene.log


def test_a_stubborn_one_ends_with_all_that_it_started(scene: Scene) -> None:
    scene.job(
        "continuous",
        "import signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen(['sleep', '1000']).pid, flush=True)\nwhile True: time.sleep(100)\n",
        '{"stopping_wait_time": 0}',
    )
    until(lambda: " INFO] " in scene.log.replace("SYS INFO", ""))
    pid = int(scene.log.split("> INFO] ")[1].split()[0])
    scene.keeper.end()
    until(lambda: has_ended(pid))


def test_a_job_runs_when_it_is_due_and_once(scene: Scene) -> None:
    scene.job("triggered", "print('due')", '{"schedule": "0 0 * * * *"}')
    until(lambda: bool(scene.keeper._due))  # it knows when
    assert history(scene.home, "work") == []
    scene.clock.advance(timedelta(hours=1).total_seconds())
    until(lambda: [run.status for run in history(scene.home, "work")] == ["Success"])
    assert history(scene.home, "work")[0].trigger == "Schedule - 0 0 * * * *"
