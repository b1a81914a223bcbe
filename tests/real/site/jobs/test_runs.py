"""Triggered jobs, run for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from webstead.effects import FakeClock
from webstead.errors import StartError, UsageError
from webstead.host.confinement import Confinement
from webstead.site.homes import SiteHome
from webstead.site.jobs import process, runs
from webstead.site.jobs.catalogue import data_of, find_job, find_jobs, is_disabled, is_name, set_disabled
from webstead.site.jobs.model import Job, Kind
from webstead.site.jobs.runs import AlreadyRuns, Run, Surroundings, find_run, history, output_of, run_job

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
AROUND = Surroundings({"PATH": os.defpath, "MY_SETTING": "set"}, Path(sys.executable))


@pytest.fixture
def home(tmp_path: Path) -> SiteHome:
    home = SiteHome(tmp_path / "sites" / "shop")
    home.make()
    (home.releases / "r1").mkdir()
    home.wwwroot.symlink_to("releases/r1")
    return home


def job(home: SiteHome, text: str, *, kind: Kind = "triggered", script: str = "run.py") -> Job:
    folder = home.wwwroot / "App_Data" / "jobs" / kind / "clean up"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / script).write_text(text)
    found = find_job(home, kind, "clean up")
    assert found is not None
    return found


def run(home: SiteHome, one: Job, arguments: str = "") -> Run:
    clock = FakeClock(NOW + timedelta(minutes=len(history(home, one.name))))
    return run_job(home, one, AROUND, clock, trigger="External - test", arguments=arguments)


def log(home: SiteHome, ended: Run, name: str = runs.OUTPUT) -> str:
    return (data_of(home, "triggered", ended.job) / ended.id / name).read_text()


def test_a_run_has_its_variables_and_arguments_and_what_it_wrote_is_kept(home: SiteHome) -> None:
    text = (
        "import os, sys\n"
        "print(os.getcwd().endswith('clean up'), sys.argv[1:], os.environ['MY_SETTING'])\n"
        "print(os.environ['WEBJOBS_NAME'], os.environ['WEBJOBS_TYPE'], len(os.environ['WEBJOBS_RUN_ID']))\n"
        "print('trouble', file=sys.stderr)\n"
    )
    ended = run(home, job(home, text), arguments="a b")
    assert ended.status == "Success"
    output = log(home, ended)
    assert "INFO] True ['a', 'b'] set" in output
    assert "INFO] clean up triggered 20" in output
    assert "ERR ] trouble" in output
    assert "SYS INFO] Status changed to Success" in output
    assert log(home, ended, runs.ERRORS).endswith("] trouble\n")
    assert history(home, "clean up") == [ended]


def test_a_run_that_fails_says_so(home: SiteHome) -> None:
    ended = run(home, job(home, "raise SystemExit(3)"))
    assert ended.status == "Failed"
    assert "Failed (exit code 3)" in log(home, ended)


def test_one_runs_at_a_time(home: SiteHome, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    waits = job(home, f"open({str(tmp_path / 'gate')!r}).read()")
    begun = threading.Event()
    first: list[Run] = []

    def work() -> None:
        first.append(run_job(home, waits, AROUND, FakeClock(NOW), trigger="", begun=lambda run: begun.set()))

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    (now,) = history(home, "clean up")
    assert now.status == "Running"
    with pytest.raises(AlreadyRuns) as raised:
        run(home, waits)
    assert raised.value.http_status == 409
    (tmp_path / "gate").write_text("go")
    thread.join()
    assert first[0].status == "Success"


def test_a_run_that_was_cut_off_is_aborted(home: SiteHome) -> None:
    ended = run(home, job(home, ""))
    file = data_of(home, "triggered", "clean up") / ended.id / "status.json"
    file.write_text(file.read_text().replace("Success", "Running"))
    found = find_run(home, "clean up", ended.id)
    assert found is not None
    assert found.status == "Aborted"


@pytest.mark.parametrize("detached", [False, True])
def test_what_it_left_running_ends_with_it(home: SiteHome, detached: bool) -> None:
    child = f"subprocess.Popen(['sleep', '1000'], start_new_session={detached})"
    text = f"import subprocess\nprint({child}.pid, flush=True)"
    ended = run(home, job(home, text))
    pid = int(log(home, ended).split("INFO] ")[2].split()[0])
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    assert listed.stdout.strip()[:1] in ("", "Z")  # other letters tell priority and session


def test_what_has_hidden_itself_does_not_hold_a_run_open(
    home: SiteHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_REST_SECONDS", 0.2)
    child = "subprocess.Popen(['/bin/sleep', '1000'], start_new_session=True, env={})"
    ended = run(home, job(home, f"import subprocess\nprint({child}.pid, flush=True)"))
    assert ended.status == "Success"
    os.kill(int(log(home, ended).split("INFO] ")[2].split()[0]), signal.SIGKILL)


def test_the_oldest_are_forgotten(home: SiteHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "KEPT", 2)
    one = job(home, "")
    ended = [run_job(home, one, AROUND, FakeClock(NOW + timedelta(hours=n)), trigger="") for n in range(4)]
    assert history(home, "clean up") == [ended[3], ended[2]]


def test_a_log_has_its_bound(home: SiteHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_LONGEST_LOG", 1000)
    ended = run(home, job(home, "print('x' * 100)\n" * 100))
    assert len(log(home, ended)) < 1300
    assert log(home, ended).endswith("The log is full: what follows is not kept.\n")


def test_a_program_that_is_not_there_is_named(home: SiteHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="cannot run") as raised:
        run(home, job(home, "", script="run.php"))
    assert "needs php" in raised.value.found
    assert history(home, "clean up") == []


def test_what_there_is(home: SiteHome) -> None:
    assert find_jobs(home) == ()
    job(home, "", kind="continuous")
    job(home, "")
    (home.wwwroot / "App_Data/jobs/triggered/empty").mkdir()
    (home.wwwroot / "App_Data/jobs/triggered/file.txt").write_text("")
    assert [(each.kind, each.name, bool(each.error)) for each in find_jobs(home)] == [
        ("triggered", "clean up", False),
        ("triggered", "empty", True),
        ("continuous", "clean up", False),
    ]


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\0", "x" * 101, "a\n"])
def test_no_job_has_such_a_name(home: SiteHome, name: str) -> None:
    assert not is_name(name)
    assert find_job(home, "triggered", name) is None


def test_a_continuous_job_can_be_stopped(home: SiteHome) -> None:
    assert not is_disabled(home, "x")
    set_disabled(home, "x", True)
    assert is_disabled(home, "x")
    set_disabled(home, "x", False)
    assert not is_disabled(home, "x")


def test_what_a_job_leaves_is_its_user_s_and_no_link_of_it_leads_us_elsewhere() -> None:
    """Who is not root can start nothing as another user, and learns that."""
    nobody = Confinement(65534, 65534)
    with TemporaryDirectory(prefix="webstead-test-") as made:
        Path(made).chmod(0o755)
        home = SiteHome(Path(made) / "sites" / "shop")
        home.make()
        (home.releases / "r1").mkdir()
        home.wwwroot.symlink_to("releases/r1")
        one, clock = job(home, "import os\nprint(os.getuid())\n"), FakeClock(NOW)
        around = Surroundings({"PATH": os.defpath}, Path("/usr/bin/python3"), nobody)
        if os.geteuid() != 0:
            with pytest.raises((PermissionError, StartError)):
                run_job(home, one, around, clock, trigger="test")
            return
        os.chown(home.data, 65534, 65534)
        ended = run_job(home, one, around, clock, trigger="test")
        assert b"> INFO] 65534\n" in (output_of(home, ended, runs.OUTPUT) or b"")
        output = data_of(home, "triggered", one.name) / ended.id / runs.OUTPUT
        assert output.stat().st_uid == 65534
        secret = Path(made) / "secret"
        secret.write_text("secret")
        secret.chmod(0o600)
        output.unlink()
        output.symlink_to(secret)
        assert output_of(home, ended, runs.OUTPUT) is None


def test_a_record_that_the_app_replaced_is_none_and_waited_for_by_nobody(home: SiteHome) -> None:
    one = job(home, "print(1)")
    ended = run(home, one)
    folder = data_of(home, "triggered", one.name) / ended.id
    record = (folder / "status.json").read_bytes()
    (folder / "status.json").unlink()
    os.mkfifo(folder / "status.json")
    (folder / runs.OUTPUT).unlink()
    os.mkfifo(folder / runs.OUTPUT)
    assert history(home, one.name) == []
    assert output_of(home, ended, runs.OUTPUT) is None
    (folder / "status.json").unlink()
    for damaged in (
        b"[" * 50_000,
        record.replace(ended.started.encode(), b"yesterday"),
        record.replace(b"+00:00", b""),
    ):
        (folder / "status.json").write_bytes(damaged)
        assert history(home, one.name) == [], damaged[:100]
    with (folder / "status.json").open("wb") as file:
        file.truncate(1 << 40)
    assert history(home, one.name) == []


def test_which_run_it_is_the_folder_says(home: SiteHome) -> None:
    one = job(home, "print(1)")
    ended = run(home, one)
    record = data_of(home, "triggered", one.name) / ended.id / "status.json"
    record.write_bytes(
        record.read_bytes().replace(ended.id.encode(), b"../../../x").replace(b"clean up", b"..")
    )
    assert find_run(home, one.name, ended.id) == ended
