"""Instances of another user, and in a control group of their own. Who is not root learns that it has to
be."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest

import webstead
from tests.real.host.scene import Scene, gateway, platform, run, serving, site, until
from webstead.errors import StartError, WebsteadError
from webstead.events import AppOutput, Event, Note
from webstead.host.confinement import (
    FREE,
    Confinement,
    acting_as,
    as_user,
    check,
    stranger_to,
)
from webstead.host.launch import Launch
from webstead.host.logfile import LogFile

NOBODY = Confinement(65534, 65534)
SYSTEM_PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin:/bin") or sys.executable
"""One that every user can run: ours may lie in a home folder."""


def we_are_root() -> bool:
    """Who is not is told so, and nothing is started."""
    if os.geteuid() == 0:
        return True
    with pytest.raises(StartError, match="Only root can start processes as the user 65534"):
        check(NOBODY)
    return False


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that every user can enter; pytest's own are private."""
    with TemporaryDirectory(prefix="webstead-test-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def confined(launch: Launch, confinement: Confinement = NOBODY, log: Path | None = None) -> Launch:
    environment = {**launch.environment, "PYTHONDONTWRITEBYTECODE": "1"}
    return replace(
        launch,
        confinement=confinement,
        python=Path(SYSTEM_PYTHON),
        environment=environment,
        log_file=log,
    )


async def told(scene: Scene) -> dict[str, object]:
    await scene.answers(lambda answer: answer[0] == 200)
    found: dict[str, object] = json.loads((await scene.get())[1])
    return found


async def error_of(scene: Scene) -> WebsteadError:
    error = await scene.site.ready()
    assert error is not None
    return error


def test_an_instance_runs_as_its_user_and_nothing_of_ours_is_left(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(confined(gateway("who_am_i:app")), tmp_path) as scene:
            found = await told(scene)
            assert found["user"] == [65534] * 3
            assert found["group"] == [65534] * 3
            assert found["groups"] in ([], [65534])
            await until(lambda: "opened anew" in {each.line for each in outputs(scene.events)})

    if we_are_root():
        run(main())


def outputs(events: Sequence[Event]) -> list[AppOutput]:
    return [event for event in events if isinstance(event, AppOutput)]


def test_a_platform_process_too_and_it_ends_with_its_descendants(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(confined(platform("has_grandchild")), tmp_path) as scene:
            await scene.answers(lambda answer: answer[0] == 200)
            (pid,) = scene.pids()
            assert os.stat(f"/proc/{pid}").st_uid == 65534

    if we_are_root():
        run(main())


def test_the_users_of_the_system_are_known_by_name() -> None:
    mine = pwd.getpwuid(os.getuid())
    found = as_user(mine.pw_name)
    assert (found.user, found.group) == (mine.pw_uid, mine.pw_gid)
    assert mine.pw_gid not in found.groups
    assert as_user("4711") == Confinement(4711, 4711)
    with pytest.raises(StartError, match="There is no system user no-such-user"):
        as_user("no-such-user")
    with pytest.raises(StartError, match="There is no system user 4294967295"):
        as_user("4294967295")  # of this number the system would keep ours


def test_a_user_without_a_group_would_keep_ours() -> None:
    with pytest.raises(ValueError, match="would keep ours"):
        Confinement(user=65534)


def test_only_root_starts_processes_as_others() -> None:
    with patch("os.geteuid", lambda: 1000):
        with pytest.raises(StartError, match="Only root"):
            check(NOBODY)
        check(Confinement(1000, 1000))
        check(FREE)


def test_an_interpreter_that_its_user_cannot_run_is_named(tmp_path: Path, open_folder: Path) -> None:
    async def main() -> None:
        hidden = open_folder / "hidden"
        hidden.mkdir(mode=0o700)
        python = hidden / "python3"
        python.symlink_to(SYSTEM_PYTHON)
        launch = replace(confined(gateway()), python=python)
        async with serving(launch, tmp_path) as scene:
            error = await error_of(scene)
            assert f"its user 65534 may not run {python}" in error.what
            assert error.found == f"{hidden} keeps it out."

    if we_are_root():
        run(main())


def test_what_keeps_a_user_out_is_the_first_folder_that_does(open_folder: Path) -> None:
    stranger, member = Confinement(4711, 4711), Confinement(4711, 4711, (os.getgid(),))
    path = open_folder / "inner" / "x"
    assert stranger_to(path, stranger) == path.parent, "it is not there"
    path.parent.mkdir(mode=0o755)
    path.write_text("")
    path.chmod(0o644)
    assert stranger_to(path, stranger) is None
    path.chmod(0o640)
    assert stranger_to(path, stranger) == path
    assert stranger_to(path, member) is None
    open_folder.chmod(0o750)
    assert stranger_to(path, stranger) == open_folder
    assert stranger_to(path, member) is None
    assert stranger_to(path, FREE) is None


def test_a_process_is_in_its_group_before_its_program_begins(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").write_text("")
    launch = confined(gateway(), Confinement(cgroup=tmp_path))

    async def main() -> None:
        async with serving(launch, tmp_path) as scene:
            await scene.answers(lambda answer: answer[0] == 200)
            assert (tmp_path / "cgroup.procs").read_text() == "0", "the number that stands for itself"

    run(main())


def test_a_group_that_is_not_there_is_said(tmp_path: Path) -> None:
    launch = confined(gateway(), Confinement(cgroup=tmp_path / "gone"))

    async def main() -> None:
        async with serving(launch, tmp_path) as scene:
            error = await error_of(scene)
            assert "cannot enter its control group" in error.what
            assert error.found == "No such file or directory"

    run(main())


def test_a_group_that_takes_nobody_in_is_said(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").symlink_to("/dev/full")
    launch = confined(gateway(), Confinement(cgroup=tmp_path))

    async def main() -> None:
        async with serving(launch, tmp_path) as scene:
            error = await error_of(scene)
            assert f"cannot enter its control group {tmp_path}" in error.what

    run(main())


def test_a_site_s_processes_are_held_by_what_it_was_told_last(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(gateway("who_am_i:app"), tmp_path) as scene:
            first = await told(scene)
            launch = confined(gateway("who_am_i:app"), FREE)
            assert await scene.site.replace([launch], site(tmp_path, "fastcgi"), ()) is None
            scene.site.confine(NOBODY)
            assert await scene.site.replace([launch], site(tmp_path, "fastcgi"), ()) is None
            second = await told(scene)
            assert (first["user"], second["user"]) == ([0] * 3, [65534] * 3)
            assert await scene.site.replace([launch], site(tmp_path, "fastcgi"), ()) is None
            assert (await told(scene))["pid"] == second["pid"], "it is the same, so it goes on"
            assert await scene.site.recycle([launch.process.pool]) is None
            assert (await told(scene))["user"] == [65534] * 3

    if we_are_root():
        run(main())


def test_its_log_is_written_with_its_rights(open_folder: Path) -> None:
    if not we_are_root():
        return
    logs, private = open_folder / "logs", open_folder / "private"
    logs.mkdir()
    os.chown(logs, 65534, 65534)
    private.mkdir(mode=0o700)
    said: list[Event] = []
    log = LogFile(logs / "Application" / "app.log", said.append, largest=5, confinement=NOBODY)
    log.write(b"first\n")
    log.write(b"second\n")
    log.close()
    assert said == []
    assert (logs / "Application" / "app.log").stat().st_uid == 65534
    assert (logs / "Application" / "app.log.1").read_bytes() == b"first\n"
    (logs / "trap").symlink_to(private)
    LogFile(logs / "trap" / "app.log", said.append, confinement=NOBODY).write(b"x\n")
    (note,) = said
    assert isinstance(note, Note)
    assert "Permission denied" in note.text
    assert list(private.iterdir()) == []


def test_we_have_our_rights_back_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broken"), acting_as(NOBODY):
        raise OSError("broken")
    (tmp_path / "ours").write_text("")
    assert (tmp_path / "ours").stat().st_uid == os.geteuid()


_OF_A_GROUP = """
import os, sys, threading
from webstead.host.confinement import Confinement, acting_as, as_ourselves, as_owner_of
from pathlib import Path

file = Path(sys.argv[1])

def readable():
    try:
        return file.read_text() == "ours"
    except PermissionError:
        return False


nobody = Confinement(65534, 65534)
assert os.getgroups() == [4711]
with acting_as(nobody):
    assert not readable(), "our groups are not the user's"
    with as_ourselves():
        assert readable() and os.getgroups() == [4711]
    assert not readable() and os.getgroups() == []
with as_owner_of(file.parent / "theirs"):
    assert not readable()
with acting_as(Confinement(65534, 65534, (4711, 4712))):
    assert readable(), "the user's are"
with acting_as(Confinement(0, 0)):
    assert os.getgroups() == [4711]
try:
    with acting_as(nobody):
        raise KeyError
except KeyError:
    assert os.getgroups() == [4711]
begun, end = threading.Event(), threading.Event()
def act():
    with acting_as(nobody):
        begun.set()
        end.wait(60)
thread = threading.Thread(target=act)
thread.start()
begun.wait(60)
assert os.getgroups() == [4711], "no other thread has lost its own"
end.set()
thread.join()
print("held")
"""


def test_a_user_has_its_own_groups_and_none_of_ours(open_folder: Path) -> None:
    if not we_are_root():
        return
    file, theirs = open_folder / "file", open_folder / "theirs"
    file.write_text("ours")
    file.chmod(0o040)
    os.chown(file, 1, 4711)
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    source = Path(webstead.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", _OF_A_GROUP, file],
        extra_groups=[4711],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("held\n", "")
