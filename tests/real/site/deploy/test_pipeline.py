"""A deployment from a zip to a release that serves; and what is left when it fails."""

from __future__ import annotations

import json
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.deployments import APP, Home
from webstead.effects import FakeClock
from webstead.errors import BuildError, HostError, StartError, UsageError, WebsteadError
from webstead.site.deploy.again import redeploy
from webstead.site.deploy.lock import Cancelled, Locked, cancel, hold, holder
from webstead.site.deploy.model import Folder, Request, Zip
from webstead.site.deploy.not_here import NotHere
from webstead.site.deploy.package import RunsFromAddress
from webstead.site.deploy.pipeline import deploy
from webstead.site.deploy.record import close_reserved, reserve
from webstead.site.deploy.rollback import list_releases, rollback
from webstead.site.store.activations import activations
from webstead.site.store.deployments import (
    find_deployment,
    latest_deployment,
    list_deployments,
    save_deployment,
)
from webstead.site.store.model import Deployment, EntryType, Status
from webstead.site.store.sites import delete_site

ONE = {"app.py": APP % "one"}
TWO = {"app.py": APP % "two"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_a_zip_becomes_the_release_that_serves(home: Home) -> None:
    done = home.deploy(ONE)
    assert done.status == Status.SUCCESS
    assert home.text("app.py") == APP % "one"
    assert home.site.release == done.release == done.id
    assert home.host.events == [f"activate {done.id}", "settled"]
    assert [each.why for each in activations(home.store, "shop")] == ["deployment"]


def test_the_log_says_what_was_decided_and_how_it_ended(home: Home) -> None:
    done = home.deploy(ONE)
    messages = [entry.message for entry in home.log(done.id)]
    assert messages[0] == f"Preparing deployment for commit id '{done.id[:10]}'."
    assert any(message.startswith("Incremental: ") for message in messages)
    assert any(message.startswith("It is not built: SCM_DO_BUILD") for message in messages)
    assert any("python -m webstead.gateway app:app" in message for message in messages)
    assert messages[-1] == "Deployment successful."
    assert home.lines[-1] == "Deployment successful."


def test_packages_that_are_not_installed_are_warned_of(home: Home) -> None:
    done = home.deploy({**ONE, "requirements.txt": "# none\n"})
    warned = [entry.message for entry in home.log(done.id) if entry.type == EntryType.WARNING]
    assert any("requirements.txt are not installed" in message for message in warned)


def test_a_zip_is_built_when_the_setting_says_so(home: Home) -> None:
    home.set(SCM_DO_BUILD_DURING_DEPLOYMENT="true")
    done = home.deploy({**ONE, "requirements.txt": "# none\n"})
    messages = [entry.message for entry in home.log(done.id)]
    assert "It is built: SCM_DO_BUILD_DURING_DEPLOYMENT is true." in messages
    assert any("requirements.txt" in message and "0 packages" in message for message in messages)


def test_a_build_and_the_check_of_the_start_know_the_name_that_the_site_is_reached_by(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", domain="apps.example.org")
    wants = "import os\nassert os.environ['WEBSITE_HOSTNAME'] == 'shop.apps.example.org'\n"
    build = f'release: python -c "{wants.strip().replace(chr(10), "; ")}"\n'
    assert home.deploy({"app.py": wants + APP % "one", "Procfile": build}).status == Status.SUCCESS


def test_files_of_earlier_deployments_go_and_those_of_the_app_stay(home: Home) -> None:
    home.deploy({**ONE, "old.txt": "old"})
    (home.site.wwwroot / "data.db").write_text("rows")
    home.deploy(TWO)
    assert home.text("data.db") == "rows"
    assert not (home.site.wwwroot / "old.txt").exists()


def test_a_clean_deployment_leaves_nothing_but_what_it_brings(home: Home) -> None:
    home.deploy(ONE)
    (home.site.wwwroot / "data.db").write_text("rows")
    done = home.deploy(TWO, clean=True)
    assert sorted(path.name for path in home.site.wwwroot.iterdir() if path.name != "__pycache__") == [
        "app.py"
    ]
    assert any(entry.message.startswith("Clean: ") for entry in home.log(done.id))


def test_a_wwwroot_that_is_a_folder_is_taken_over_with_what_lies_in_it(home: Home) -> None:
    home.site.wwwroot.mkdir()
    (home.site.wwwroot / "data.db").write_text("rows")
    (home.site.wwwroot / "hostingstart.html").write_text("the placeholder")
    home.deploy(ONE)
    assert home.site.wwwroot.is_symlink()
    assert home.text("data.db") == "rows"
    assert not (home.site.wwwroot / "hostingstart.html").exists()


def assert_nothing_changed(home: Home, before: str, error: WebsteadError) -> None:
    """The old release serves, the record has the words, and nothing of the new one is left."""
    failed = list_deployments(home.store, "shop")[0]
    assert home.site.release == before
    assert home.text("app.py") == APP % "one"
    assert failed.status == Status.FAILED
    assert failed.status_text.startswith(error.what)
    assert failed.progress == ""
    messages = [entry.message for entry in home.log(failed.id)]
    assert error.what in messages
    assert messages[-1] == "Deployment Failed."
    assert [path.name for path in home.site.releases.iterdir()] == [before]
    assert list(home.server.temporary.iterdir()) == []
    assert holder(home.site) is None


def test_a_damaged_zip_changes_nothing(home: Home) -> None:
    before = home.deploy(ONE).release
    file = home.upload(TWO)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(UsageError) as raised:
        home.deploy(Zip(file))
    assert raised.value.what == "What was sent is no zip that can be read."
    assert_nothing_changed(home, before, raised.value)


def test_an_app_that_does_not_import_changes_nothing(home: Home) -> None:
    before = home.deploy(ONE).release
    with pytest.raises(StartError) as raised:
        home.deploy({"app.py": "import nowhere_at_all\n" + APP % "two"})
    assert "nowhere_at_all" in raised.value.found + raised.value.detail
    assert_nothing_changed(home, before, raised.value)


def test_what_is_missing_because_nothing_was_installed_is_said_with_the_setting(home: Home) -> None:
    with pytest.raises(StartError) as raised:
        home.deploy({"app.py": "import nowhere_at_all\n" + APP % "two", "requirements.txt": "nowhere"})
    assert raised.value.fix.startswith("Its packages were not installed: set SCM_DO_BUILD_DURING_DEPLOYMENT")


def test_a_build_that_fails_changes_nothing(home: Home) -> None:
    before = home.deploy(ONE).release
    with pytest.raises(BuildError) as raised:
        home.deploy({**TWO, "requirements.txt": "./not-here-0.1-py3-none-any.whl\n"}, build=True)
    assert_nothing_changed(home, before, raised.value)


def test_a_release_step_that_fails_changes_nothing(home: Home) -> None:
    before = home.deploy(ONE).release
    with pytest.raises(BuildError) as raised:
        home.deploy({**TWO, "Procfile": "release: python -c 'raise SystemExit(3)'\n"})
    assert "exit code 3" in raised.value.found
    assert_nothing_changed(home, before, raised.value)


def test_a_release_step_runs_once_for_each_deployment_and_never_for_a_rollback(home: Home) -> None:
    step = "release: python -c \"open('../../../data/steps', 'a').write('x')\"\n"
    first = home.deploy({**ONE, "Procfile": step})
    home.deploy({**TWO, "Procfile": step})
    rollback(home.server, home.store, home.host, "shop", first.release, clock=home.clock)
    assert (home.site.data / "steps").read_text() == "xx"


def test_a_host_that_refuses_changes_nothing(home: Home) -> None:
    before = home.deploy(ONE).release
    home.host.refuses = True
    with pytest.raises(StartError) as raised:
        home.deploy(TWO)
    assert_nothing_changed(home, before, raised.value)
    assert len(activations(home.store, "shop")) == 1


def test_a_pointer_that_cannot_move_changes_nothing(home: Home) -> None:
    before = home.deploy(ONE).release
    home.host.on_activation = lambda: shutil.rmtree(home.site.folder_of("new"))
    with pytest.raises(HostError, match="The pointer to the release could not be switched") as raised:
        home.deploy(TWO, id="new")
    assert_nothing_changed(home, before, raised.value)
    assert home.host.events[-3:] == ["activate new", "settled", "settled"]


def test_what_serves_and_does_not_start_any_more_is_told(home: Home) -> None:
    home.host.broken = StartError("The app does not answer.")
    done = home.deploy(ONE)
    assert done.status == Status.SUCCESS
    warned = [entry.message for entry in home.log(done.id) if entry.type == EntryType.WARNING]
    assert "The new release is the current one, but it does not start: The app does not answer." in warned


def test_a_command_does_all_itself(home: Home) -> None:
    command = 'echo "$DEPLOYMENT_TARGET" > target.txt; test "$IN_PLACE_DEPLOYMENT" = 1; echo built'
    done = home.deploy({**ONE, ".deployment": f"[config]\ncommand = {command}\n"})
    assert home.text("target.txt").strip() == str(home.site.folder_of(done.release))
    assert "built" in [entry.message for entry in home.log(done.id)]


def test_what_a_command_made_belongs_to_the_release(home: Home) -> None:
    home.deploy({**ONE, ".deployment": "[config]\ncommand = echo 1 > made.txt\n"})
    home.deploy(TWO)
    assert not (home.site.wwwroot / "made.txt").exists()


def test_a_command_that_fails_changes_nothing(home: Home) -> None:
    before = home.deploy(ONE).release
    with pytest.raises(BuildError) as raised:
        home.deploy({**TWO, ".deployment": "[config]\ncommand = echo broken >&2; exit 7\n"})
    assert raised.value.found == "exit code 7: broken"
    assert_nothing_changed(home, before, raised.value)


def test_project_names_the_part_that_is_the_site(home: Home) -> None:
    home.set(PROJECT="src/web")
    home.deploy({"src/web/app.py": APP % "one", "readme.md": "no part of it"})
    assert sorted(path.name for path in home.site.wwwroot.iterdir() if path.name != "__pycache__") == [
        "app.py"
    ]


def test_a_project_that_leads_out_is_refused(home: Home) -> None:
    home.set(PROJECT="../../other")
    with pytest.raises(UsageError, match="PROJECT leads out"):
        home.deploy(ONE)


def test_post_deployment_actions_run_in_order_and_their_failure_changes_nothing(home: Home) -> None:
    before = home.deploy(ONE).release
    folder = home.site.deployments / "tools" / "PostDeploymentActions"
    folder.mkdir(parents=True)
    (folder / "1.sh").write_text("echo first\n")
    (folder / "2.py").write_text("import sys; print('second'); sys.exit(4)\n")
    with pytest.raises(BuildError) as raised:
        home.deploy(TWO)
    log = [entry.message for entry in home.log(list_deployments(home.store, "shop")[0].id)]
    assert log.index("first") < log.index("second")
    assert "Running post deployment command(s)..." in log
    assert_nothing_changed(home, before, raised.value)


def test_the_second_of_two_is_told_who_is_at_it(home: Home) -> None:
    with hold(home.site, "deployment", "ann", deployment="abcdef", clock=home.clock):
        with pytest.raises(Locked) as raised:
            home.deploy(ONE)
        assert raised.value.http_status == 409
        assert "ann" in raised.value.found
    assert list_deployments(home.store, "shop") == ()


def test_a_site_that_is_deleted_while_a_deployment_waits_is_not_deployed_to(home: Home) -> None:
    shutil.rmtree(home.site.data)
    failures: list[WebsteadError] = []

    def late() -> None:
        try:
            home.deploy(ONE)
        except WebsteadError as error:
            failures.append(error)

    with hold(home.site, "The site is deleted", "ann"):
        thread = threading.Thread(target=late)
        thread.start()
        while not home.site.data.is_dir():  # it has looked for its site, and waits for the lock
            thread.join(0.001)
        delete_site(home.store, "shop")
    thread.join()
    assert [error.what for error in failures] == ["There is no site shop."]
    assert not [path for path in home.site.releases.rglob("*") if path.is_file()]
    assert list(home.site.deployments.iterdir()) == []


def test_a_reserved_deployment_gets_its_id_and_one_that_cannot_begin_is_closed(home: Home) -> None:
    request = Request("shop", Zip(home.upload(ONE)), id="a" * 32)
    temporary = reserve(home.store, request, clock=home.clock)
    assert (temporary.id[:5], temporary.status, temporary.temporary) == ("temp-", Status.PENDING, True)
    with hold(home.site, "push", "ann"), pytest.raises(Locked) as raised:
        home.deploy(ONE, reserved=temporary.id)
    assert home.record(temporary.id).status == Status.PENDING, "it may be tried again"
    close_reserved(home.store, "shop", temporary.id, raised.value, home.clock)
    assert home.record(temporary.id).status == Status.FAILED
    assert [entry.message for entry in home.log(temporary.id)][:1] == [raised.value.what]
    again = reserve(home.store, request, clock=home.clock)
    done = home.deploy(request.source, reserved=again.id, id="a" * 32)
    assert done.id == "a" * 32
    assert find_deployment(home.store, "shop", again.id) is None


def test_a_deployment_is_cancelled_and_what_it_ran_has_ended(home: Home) -> None:
    before = home.deploy(ONE).release
    failures: list[BaseException] = []

    def run() -> None:
        try:
            home.deploy({**TWO, ".deployment": "[config]\ncommand = echo begun; sleep 600\n"})
        except WebsteadError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while "begun" not in home.lines:
        thread.join(0.02)
        assert thread.is_alive()
    assert cancel(home.site, "ben")
    thread.join(20)
    assert not thread.is_alive()
    (failure,) = failures
    assert isinstance(failure, Cancelled)
    assert_nothing_changed(home, before, failure)
    assert "Cancelled by ben." in list_deployments(home.store, "shop")[0].status_text


def test_nobody_is_cancelled_when_nobody_is_at_it(home: Home) -> None:
    home.deploy(ONE)
    assert not cancel(home.site, "ben")


class TurningClock(FakeClock):
    """Its dates go back by an hour with each look."""

    looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=self.looks)


def test_a_clock_that_goes_back_changes_no_order(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", TurningClock())
    made = [home.deploy(files).id for files in (ONE, TWO, ONE)]
    assert [each.id for each in list_deployments(home.store, "shop")] == made[::-1]
    latest = latest_deployment(home.store, "shop")
    assert latest is not None
    assert latest.id == made[-1]


@pytest.mark.parametrize("time", [datetime.max.replace(tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)])
def test_a_record_of_a_time_to_come_moves_no_deployment(home: Home, time: datetime) -> None:
    record = Deployment(
        "shop", "5f1234", Status.SUCCESS, "record", time, started=time, ended=time, read_only=True
    )
    save_deployment(home.store, record)
    before = home.clock.now()
    done = home.deploy(ONE)
    assert done.ended is not None
    assert before < done.received < done.ended < home.clock.now()


def test_a_clock_at_the_end_of_time_stands_still(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", FakeClock(datetime.max.replace(tzinfo=UTC)))
    assert [home.deploy(files).status for files in (ONE, TWO)] == [Status.SUCCESS] * 2


def test_a_rollback_serves_what_served_before_and_builds_nothing(home: Home) -> None:
    first, second = home.deploy(ONE), home.deploy(TWO)
    assert rollback(home.server, home.store, home.host, "shop", clock=home.clock) == first.release
    assert home.text("app.py") == APP % "one"
    assert [each.why for each in activations(home.store, "shop")] == ["rollback", "deployment", "deployment"]
    assert [each.id for each in list_releases(home.server, home.store, "shop") if each.current] == [first.id]
    assert rollback(home.server, home.store, home.host, "shop", second.id, clock=home.clock) == second.id


def test_a_rollback_loses_nothing_that_was_kept(home: Home) -> None:
    home.deploy(ONE)
    home.deploy(TWO)
    (home.site.wwwroot / "data.db").write_text("rows")
    rollback(home.server, home.store, home.host, "shop", clock=home.clock)
    assert home.text("data.db") == "rows"


def test_there_is_nothing_before_the_first_release(home: Home) -> None:
    home.deploy(ONE)
    with pytest.raises(UsageError, match="no earlier release"):
        rollback(home.server, home.store, home.host, "shop", clock=home.clock)
    with pytest.raises(NotHere):
        rollback(home.server, home.store, home.host, "shop", "nowhere", clock=home.clock)


def test_a_deployment_is_made_again_from_its_package(home: Home) -> None:
    first = home.deploy(ONE)
    home.deploy(TWO)
    again = redeploy(home.server, home.store, home.host, "shop", first.id, clean=False, clock=home.clock)
    assert again.id == first.id
    assert again.release not in ("", first.release)
    assert again.release == home.site.release
    assert home.text("app.py") == APP % "one"


def test_what_is_not_kept_is_not_made_again(home: Home) -> None:
    with pytest.raises(NotHere):
        redeploy(home.server, home.store, home.host, "shop", "f" * 32, clean=False, clock=home.clock)


def test_a_folder_is_copied_without_what_belongs_to_tools(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    for name in (".git", "venv", "templates"):
        (folder / name).mkdir(parents=True)
    (folder / "venv" / "pyvenv.cfg").write_text("")
    (folder / "app.py").write_text(APP % "one")
    done = home.deploy(Folder(folder))
    assert done.source == "folder"
    names = sorted(path.name for path in home.site.wwwroot.iterdir())
    assert [name for name in names if name != "__pycache__"] == ["app.py", "templates"]
    assert (folder / "app.py").exists()


def test_releases_and_records_beyond_what_is_kept_go(home: Home) -> None:
    made = [home.deploy({**ONE, "n.txt": str(n)}).release for n in range(7)]
    there = {path.name for path in home.site.releases.iterdir()}
    assert there == {".spare", *made[-5:]}


def test_a_site_that_is_not_there_is_said(home: Home) -> None:
    request = Request("other", Zip(home.upload(ONE)))
    with pytest.raises(UsageError, match="There is no site other"):
        deploy(home.server, home.store, home.host, request, clock=home.clock)


def test_the_note_of_a_release_says_how_it_is_planned(home: Home) -> None:
    done = home.deploy(
        {**ONE, ".python_packages/lib/site-packages/thing-1.dist-info/METADATA": "Name: thing\n"}
    )
    note = json.loads((home.site.deployments / done.release / "release.json").read_text())
    assert note["install"] is False
    assert note["packages"] == ".python_packages/lib/site-packages"


def test_a_full_disk_is_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = home.deploy(ONE).release

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(home.site.releases))

    monkeypatch.setattr("webstead.site.deploy.pipeline.write_manifest", full)
    with pytest.raises(HostError) as raised:
        home.deploy(TWO)
    assert "No space left on device" in raised.value.found
    assert_nothing_changed(home, before, raised.value)


def test_a_site_that_runs_from_a_package_builds_nothing(home: Home) -> None:
    home.set(WEBSITE_RUN_FROM_PACKAGE="1", SCM_DO_BUILD_DURING_DEPLOYMENT="true")
    done = home.deploy({**ONE, "requirements.txt": "nowhere-at-all\n"})
    assert done.source == "package"
    assert "It is not built: it is a package that is run as it is." in home.lines


def test_a_site_that_runs_from_an_address_is_not_deployed_to(home: Home) -> None:
    home.set(WEBSITE_RUN_FROM_PACKAGE="https://example.org/app.zip?sig=secret")
    with pytest.raises(RunsFromAddress) as raised:
        home.deploy(ONE)
    assert raised.value.http_status == 409
    assert "secret" not in raised.value.what


def test_the_log_and_the_active_deployment_are_in_kudus_files_too(home: Home) -> None:
    """Reference 2.7: what a dump shows."""
    first = home.deploy(ONE)
    active = home.site.deployments / "active"
    assert active.read_text() == first.id
    lines = (home.site.deployments / first.id / "log.log").read_text().splitlines()
    assert lines[-1].split(",")[1] == "Deployment successful."
    assert any(line.startswith("\t") for line in lines)
    with pytest.raises(WebsteadError):
        home.deploy({"app.py": "import nothing_of_this_name\n" + APP % "1"})
    assert active.read_text() == first.id
    failed = next(each for each in list_deployments(home.store, "shop") if each.id != first.id)
    log = (home.site.deployments / failed.id / "log.log").read_text()
    assert "nothing_of_this_name" in log
    assert log.splitlines()[-1].split(",")[1] == "Deployment Failed."
    second = home.deploy({**ONE, "n.txt": "2"})
    rollback(home.server, home.store, home.host, "shop", clock=home.clock)
    assert active.read_text() == first.id != second.id


def test_a_manifest_and_a_configuration_that_a_person_keeps_count(home: Home) -> None:
    home.set(SCM_DO_BUILD_DURING_DEPLOYMENT="true")
    home.deploy(ONE)
    (home.site.wwwroot / "requirements.txt").write_text("./not-here-0.1-py3-none-any.whl\n")
    with pytest.raises(BuildError) as raised:
        home.deploy(TWO)
    assert "not-here" in raised.value.found + raised.value.detail
    assert "What is kept in wwwroot changes the plan." in home.lines
    assert home.text("app.py") == APP % "one"
    (home.site.wwwroot / "requirements.txt").write_text("# none\n")
    home.deploy(TWO)
    assert any("requirements.txt" in line and "0 packages" in line for line in home.lines)


def test_packages_in_place_for_another_python_are_told(home: Home) -> None:
    layer = home.site.data / "python" / "3.7"
    layer.mkdir(parents=True)
    (layer / "pyvenv.cfg").write_text("")
    home.deploy(ONE)
    assert any("installed in place for Python 3.7 are not used" in line for line in home.lines)


def test_what_an_app_has_put_something_else_in_the_place_of_goes(home: Home) -> None:
    home.deploy(ONE)
    (home.site.wwwroot / "state").mkdir()
    (home.site.wwwroot / "state" / "old.txt").write_text("old")
    home.deploy({**ONE, "n.txt": "2"})
    (home.site.wwwroot / "state").unlink()  # the link to the folder that is kept
    (home.site.wwwroot / "state").write_text("a file now")
    home.deploy({**ONE, "n.txt": "3"})
    assert home.text("state") == "a file now"
    hidden = {path.name for path in home.site.releases.iterdir() if path.name.startswith(".")}
    assert hidden <= {".spare"}
