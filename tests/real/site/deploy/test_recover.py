"""A deployment that is killed at any moment leaves the old release or the new one, whole, and its record is
closed by who comes next."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.deployments import APP, Home
from webstead.errors import HostError, StartError
from webstead.site.deploy.lock import hold
from webstead.site.deploy.model import Request, Zip
from webstead.site.deploy.record import reserve
from webstead.site.deploy.recover import recover
from webstead.site.releases.pointer import switch
from webstead.site.server.orders import SupervisorClient
from webstead.site.store.activations import activations
from webstead.site.store.deployments import (
    delete_deployment,
    list_deployments,
    save_deployment,
    unfinished,
)
from webstead.site.store.model import Deployment, Status
from webstead.site.store.sites import create_site

REPOSITORY = Path(__file__).parents[4]
TIMES = 12
LONGEST_SECONDS = 1.2


def kill_after(home: Home, text: str, seconds: float) -> None:
    words = [sys.executable, str(Path(__file__).with_name("killed.py")), str(home.server.root), text]
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_whole(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.deploy({"app.py": APP % "0"})
    chance = random.Random(7)
    for number in range(1, TIMES):
        before = home.text("app.py")
        new = APP % str(number)
        kill_after(home, new, chance.uniform(0.0, LONGEST_SECONDS))
        recover(home.server, home.store, home.host)
        text = home.text("app.py")
        assert text in (before, new)
        assert unfinished(home.store) == ()
        last = list_deployments(home.store, "shop")[0]
        if text == new:
            assert len(list((home.site.wwwroot / "files").iterdir())) == 50
            assert last.status == Status.SUCCESS
            assert last.release == home.site.release
        assert activations(home.store, "shop")[0].release == home.site.release
        assert not list(home.site.releases.glob(".*"))
    home.deploy({"app.py": APP % "last"})
    assert home.text("app.py") == APP % "last"


def test_what_is_still_held_is_left_to_its_holder(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    reserve(home.store, Request("shop", Zip(tmp_path / "none.zip")), clock=home.clock)
    with hold(home.site, "deployment", "ann"):
        assert recover(home.server, home.store, home.host) == ()
    (closed,) = recover(home.server, home.store, home.host)
    assert closed.status == Status.FAILED
    assert closed.status_text == "The server ended in the middle of this deployment: receiving changes."


def test_folders_that_no_release_came_of_go(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    done = home.deploy({"app.py": APP % "one"})
    for name in (".half", "whole-but-without-note"):
        (home.site.releases / name).mkdir()
    recover(home.server, home.store, home.host)
    assert [path.name for path in home.site.releases.iterdir()] == [done.release]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"what": 1}'])
def test_a_note_of_a_holder_that_cannot_be_read_holds_nobody_up(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path / "home")
    home.site.lock.with_suffix(".json").write_text(text)
    assert home.deploy({"app.py": APP % "one"}).status == Status.SUCCESS


def cut_off(home: Home, release: str, status: Status = Status.DEPLOYING) -> str:
    """The record of a deployment that its process did not finish; its id."""
    (record,) = [each for each in list_deployments(home.store, "shop") if each.release == release]
    save_deployment(home.store, replace(record, status=status, ended=None))
    return record.id


def test_what_the_old_instances_wrote_last_is_brought_to_the_new_release(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    old = home.deploy({"app.py": APP % "old"}).release
    new = home.deploy({"app.py": APP % "new"}).release
    (home.site.folder_of(old) / "late.txt").write_text("late")
    cut_off(home, new)
    (closed,) = recover(home.server, home.store, home.host)
    assert closed.status == Status.SUCCESS
    assert home.text("late.txt") == "late"


def test_what_the_new_instances_wrote_is_brought_back_when_the_pointer_never_moved(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    old = home.deploy({"app.py": APP % "old"}).release
    new = home.deploy({"app.py": APP % "new"}).release
    with home.store.write() as connection:
        connection.execute("DELETE FROM activations WHERE release = ?", (new,))
    switch(home.site, old, flush=False)
    (home.site.folder_of(new) / "early.txt").write_text("early")
    cut_off(home, new)
    home.host.events.clear()
    (closed,) = recover(home.server, home.store, home.host)
    assert closed.status == Status.FAILED
    assert home.host.events == ["settled"]
    assert home.text("early.txt") == "early"
    assert [path.name for path in home.site.releases.iterdir()] == [old]
    assert [path.parent.name for path in home.site.deployments.glob("*/release.json")] == [old]
    assert (home.site.deployments / "active").read_text() == old
    assert "The server ended" in (home.site.deployments / closed.id / "log.log").read_text()


def test_nothing_is_removed_while_the_host_does_not_say_what_serves(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    done = home.deploy({"app.py": APP % "one"})
    half = home.site.releases / "half"
    half.mkdir()
    identity = cut_off(home, done.release)
    assert recover(home.server, home.store, SupervisorClient(tmp_path / "nobody.sock")) == ()
    assert half.is_dir()
    assert not home.record(identity).complete


def test_what_may_still_run_is_not_removed_until_the_host_says_what_serves(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    old = home.deploy({"app.py": APP % "old"}).release

    def obstruct() -> None:
        """The pointer cannot move any more."""
        home.site.wwwroot.rename(home.site.root / "aside")
        home.site.wwwroot.joinpath("in-the-way").mkdir(parents=True)

    home.host.on_activation, home.host.lost = obstruct, True
    with pytest.raises(HostError, match="pointer"):
        home.deploy({"app.py": APP % "new"}, id="new")
    shutil.rmtree(home.site.wwwroot)
    (home.site.root / "aside").rename(home.site.wwwroot)
    assert home.record("new").status == Status.FAILED
    assert any("may still run" in line for line in home.lines)
    recover(home.server, home.store, home.host)
    assert sorted(path.name for path in home.site.releases.iterdir()) == sorted((old, "new"))
    home.host.lost = False
    recover(home.server, home.store, home.host)
    assert [path.name for path in home.site.releases.iterdir()] == [old]


def test_what_the_pointer_leads_to_counts_also_when_it_does_not_start(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    done = home.deploy({"app.py": APP % "one"})
    identity = cut_off(home, done.release)
    (home.site.releases / "half").mkdir()
    home.host.broken = StartError("The app does not answer.")
    (closed,) = recover(home.server, home.store, home.host)
    assert (closed.id, closed.status) == (identity, Status.SUCCESS)
    assert [path.name for path in home.site.releases.iterdir()] == [done.release]


def test_programs_of_a_deployment_that_was_killed_are_ended(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    environ = {"WEBSTEAD_DEPLOYS_TO": str(home.site.root)}
    home.site.lock.with_suffix(".json").write_text("{}")
    with subprocess.Popen(["/bin/sleep", "60"], env=environ) as stray:
        recover(home.server, home.store, home.host)
        assert not psutil.pid_exists(stray.pid)
    assert [path.name for path in home.site.lock.parent.iterdir()] == [home.site.lock.name]


def test_half_written_files_go(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    done = home.deploy({"app.py": APP % "one"})
    for folder in (home.site.lock.parent, home.site.deployments / done.id):
        (folder / ".release.json.x.part").write_text("{")
    recover(home.server, home.store, home.host)
    assert list(home.server.root.rglob("*.part")) == []


def test_a_leftover_that_cannot_be_removed_keeps_no_record_open_and_no_other_site_waiting(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path / "home")
    done = home.deploy({"app.py": APP % "one"})
    identity = cut_off(home, done.release)
    other = home.server.site("zoo")
    create_site(home.store, "zoo", now=home.clock.now())
    other.make()
    other.lock.with_suffix(".json").write_text("{}")
    (home.site.root / "site" / ".wwwroot.before").mkdir()  # no link of ours
    home.site.deployments.rename(home.site.root / "site" / "deployments-of-last-year")
    (closed,) = recover(home.server, home.store, home.host)
    assert (closed.id, closed.status) == (identity, Status.SUCCESS)
    assert not other.lock.with_suffix(".json").exists()
    shutil.rmtree(home.site.deployments)
    (home.site.releases / "half").mkdir()
    assert recover(home.server, home.store, home.host) == ()
    assert [path.name for path in home.site.releases.iterdir()] == [done.release]


def test_what_a_killed_pruning_left_goes(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    gone = home.deploy({"app.py": APP % "one"}).release
    (home.site.wwwroot / "note.txt").write_text("of the app")
    done = home.deploy({"app.py": APP % "two"})
    (home.site.wwwroot / "note.txt").unlink()
    (home.site.folder_of(gone)).rename(home.site.releases / f".{gone}.half")
    delete_deployment(home.store, "shop", gone)
    assert list(home.site.kept.iterdir())
    recover(home.server, home.store, home.host)
    assert [path.name for path in home.site.releases.iterdir()] == [done.release]
    assert [path.name for path in home.site.deployments.iterdir() if path.is_dir()] == [done.release]
    assert list(home.site.kept.iterdir()) == []


def test_a_site_that_cannot_be_looked_through_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = Home(tmp_path / "home")
    now = home.clock.now()
    create_site(home.store, "aaa", now=now)
    damaged = home.server.site("aaa")
    damaged.make()
    reserve(home.store, Request("shop", Zip(tmp_path / "none.zip")), clock=home.clock)
    save_deployment(home.store, Deployment("aaa", "x", Status.SUCCESS, "zip", now))
    with home.store.write() as connection:
        connection.execute("UPDATE deployments SET received = 'then' WHERE site = 'aaa'")
    (closed,) = recover(home.server, home.store, home.host)
    assert (closed.site, closed.status) == ("shop", Status.FAILED)
    (told,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert "aaa" in told.message
