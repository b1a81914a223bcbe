"""The command line against a Kudu as App Service has it, by a publish profile and by an address."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.kudu import PASSWORD, USER, Kudu, kudu
from tests.live import Up
from webstead.formats.webdeploy import write_profiles
from webstead.settings import Secret


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text("print(1)\n")
    (folder / "big.bin").write_bytes(os.urandom(2_000_000))
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "a.log").write_text("")
    return folder


@pytest.fixture
def service() -> Iterator[Kudu]:
    with kudu() as state:
        yield state


def profile(folder: Path, service: Kudu) -> list[str]:
    path = folder / "shop.PublishSettings"
    path.write_text(write_profiles("shop", service.url, "http://shop.example.org", USER, Secret(PASSWORD)))
    return ["--profile", str(path)]


def webstead(
    words: list[str],
    *,
    folder: Path,
    code: int = 0,
    token: str = "",
    typed: str = "",
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WEBSTEAD_STATE_DIR": str(folder.parent / "state")}
    done = subprocess.run(
        [sys.executable, "-m", "webstead", *words],
        cwd=folder,
        env={**environment, **({"WEBSTEAD_TOKEN": token} if token else {}), **(env or {})},
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, f"{done.stdout}{done.stderr}"
    return done


def test_a_folder_is_deployed_and_followed_line_by_line(site: Path, service: Kudu) -> None:
    done = webstead(["deploy", *profile(site.parent, service), "-m", "first"], folder=site)
    with zipfile.ZipFile(io.BytesIO(service.body)) as archive:
        assert archive.namelist() == [".gitignore", "app.py", "big.bin"]
    assert service.query["isAsync"] == ["true"]
    assert service.query["message"] == ["first"]
    assert "clean" not in service.query
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "Left out   a.log (.gitignore:1)" in lines
    for text in (
        "Fetching changes.",
        *(f"Collecting package-{n}" for n in range(3)),
        "Deployment successful.",
    ):
        assert lines.count(text) == 1, done.stdout
    assert lines[-1].startswith("Deployed shop in")


def test_the_next_time_nothing_need_be_said(site: Path, service: Kudu) -> None:
    webstead(["deploy", *profile(site.parent, service)], folder=site)
    service._looked = 0
    webstead(["deploy"], folder=site)
    assert service.requests.count("POST /api/zipdeploy") == 2


def test_events_are_lines_of_json(site: Path, service: Kudu) -> None:
    done = webstead(["deploy", *profile(site.parent, service), "--json"], folder=site)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["event"] == "deployed"
    assert events[-1]["deployment"] == "d3adb33f" * 4
    sent = [each for each in events if each["event"] == "step.progress" and each["step"] == "upload"]
    assert sent[-1]["done"] == sent[-1]["total"] == len(service.body)


def test_a_deployment_that_fails_fails_the_command(site: Path, service: Kudu) -> None:
    service.fails = True
    done = webstead(["deploy", *profile(site.parent, service)], folder=site, code=5)
    assert "error: Running deployment command..." in done.stdout
    assert "error: The deployment failed.\n" in done.stderr
    assert "--profile" in done.stderr
    assert not list((site.parent / "state").rglob("*.json"))


def test_a_server_that_is_away_for_a_while_is_waited_for(site: Path, service: Kudu) -> None:
    service.away = 2
    done = webstead(["deploy", *profile(site.parent, service)], folder=site)
    assert "warning: The management is not ready. Waiting for it" in done.stdout


def test_a_lock_is_told_with_the_way_to_wait_and_not_to_cancel(site: Path, service: Kudu) -> None:
    service.locked = True
    done = webstead(["deploy", *profile(site.parent, service)], folder=site, code=10)
    assert "currently in progress" in done.stderr
    assert "webstead logs --deployment latest --profile" in done.stderr
    assert "--cancel" not in done.stderr


def test_a_conflict_that_is_no_lock_is_told_in_its_own_words(site: Path, service: Kudu) -> None:
    service.conflict = "Deployments are disabled for this site."
    done = webstead(["deploy", *profile(site.parent, service)], folder=site, code=10)
    assert "error: Deployments are disabled for this site." in done.stderr


def test_basic_that_is_switched_off_is_told_before_anything_is_sent(site: Path, service: Kudu) -> None:
    service.basic = False
    done = webstead(["deploy", *profile(site.parent, service)], folder=site, code=10)
    assert "SCM Basic Auth" in done.stderr
    assert service.body == b""
    webstead(["deploy", "--url", service.url], folder=site, token="t0ken")
    assert service.body


def test_a_file_goes_to_its_place_by_one_deploy(site: Path, service: Kudu) -> None:
    words = ["deploy", "app.py", "--type", "static", "--path", "static/app.py"]
    webstead([*words, *profile(site.parent, service)], folder=site)
    assert service.body == b"print(1)\n"
    assert service.query["type"] == ["static"]
    assert service.query["path"] == ["static/app.py"]
    assert service.query["async"] == ["true"]
    assert service.query["clean"] == ["false"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["releases"], "Kudu"),
        (["rollback"], "Kudu"),
        (["site", "show"], "Kudu"),
        (["deploy", "--cancel"], "Kudu"),
        (["site", "options", "--always-on"], "Kudu"),
    ],
)
def test_what_only_webstead_has_is_told_as_missing(
    site: Path, service: Kudu, words: list[str], what: str
) -> None:
    done = webstead([*words, *profile(site.parent, service)], folder=site, code=10)
    assert what in done.stderr
    assert "az webapp" in done.stderr


def test_whether_to_build_is_not_for_a_kudu_to_be_told(site: Path, service: Kudu) -> None:
    done = webstead(["deploy", "--build", *profile(site.parent, service)], folder=site, code=2)
    assert "SCM_DO_BUILD_DURING_DEPLOYMENT=1" in done.stderr
    assert service.body == b""


def test_settings_of_the_app_are_not_kudus_and_the_way_to_its_own_is_told(site: Path, service: Kudu) -> None:
    done = webstead(["site", "settings", "set", "A=1", *profile(site.parent, service)], folder=site, code=10)
    assert "--scm" in done.stderr


def test_an_error_is_an_event_with_json(site: Path, service: Kudu) -> None:
    done = webstead(["releases", "--json", *profile(site.parent, service)], folder=site, code=10)
    told = json.loads(done.stdout)
    assert (told["event"], told["error"]["kind"]) == ("failed", "remote")


def test_the_environment_gives_way_to_the_command_line(site: Path, service: Kudu) -> None:
    words = ["site", "settings", "list", "--scm", *profile(site.parent, service)]
    elsewhere = {"WEBSTEAD_HOME": str(site.parent / "home"), "WEBSTEAD_SITE": "other"}
    assert "deployment_branch" in webstead(words, folder=site, env=elsewhere).stdout
    webstead(["deploy", *profile(site.parent, service)], folder=site, env=elsewhere)


def test_deployments_are_listed_and_their_logs_found_by_the_beginning_of_an_id(
    site: Path, service: Kudu
) -> None:
    where = profile(site.parent, service)
    webstead(["deploy", *where], folder=site)
    done = webstead(["deployments", *where], folder=site)
    assert done.stdout.startswith("* d3adb33fd3  2026-11-26")
    (only,) = json.loads(webstead(["deployments", "--json", *where], folder=site).stdout)
    assert only["state"] == "success"
    assert "Fetching changes." in webstead(["logs", "--deployment", "d3ad", *where], folder=site).stdout
    unknown = webstead(["logs", "--deployment", "0000", *where], folder=site, code=2)
    assert "webstead deployments --profile" in unknown.stderr


def test_settings_of_deployments_are_kudus(site: Path, service: Kudu) -> None:
    where = ["--scm", *profile(site.parent, service)]
    webstead(["site", "settings", "set", "A=1", "API_KEY=secret", *where], folder=site)
    listed = webstead(["site", "settings", "list", *where], folder=site).stdout
    assert "A=1\n" in listed
    assert "API_KEY=***\n" in listed
    webstead(["site", "settings", "unset", "A", *where], folder=site)
    assert "A" not in service.settings


@pytest.mark.parametrize("json_lines", [False, True])
def test_logs_are_the_newest_lines_and_then_what_comes_over_each_end_of_the_stream(
    site: Path, service: Kudu, json_lines: bool
) -> None:
    words = ("-f", *profile(site.parent, service), *(["--json"] if json_lines else []))
    state = {"WEBSTEAD_STATE_DIR": str(site.parent / "state")}
    with Up(words, cwd=site, env=state, verb=("logs",)) as following:
        following.wait_for(lambda line: "last 2" in line)
        assert following.interrupt() == 0
    told = [json.loads(line)["message"] if json_lines else line for line in following.lines]
    assert told[0].endswith("cold")
    assert told[1].endswith("hot")
    assert [line for line in told if "Welcome" not in line][2:6] == ["GET /", "last 1", "GET /", "last 2"]


def test_the_log_of_a_folder_is_one_object_a_line(site: Path, service: Kudu) -> None:
    words = ("--path", "http", "--json", *profile(site.parent, service))
    with Up(words, cwd=site, env={}, verb=("logs",)) as following:
        following.wait_for(lambda line: "last 1" in line)
        assert following.interrupt() == 0
    assert [json.loads(line)["message"] for line in following.lines][1:3] == ["GET /", "last 1"]


def test_a_shell_keeps_its_folder(site: Path, service: Kudu) -> None:
    typed = "cd static\ncd ../..\nls\nexit\nnever\n"
    done = webstead(["shell", *profile(site.parent, service)], folder=site, typed=typed)
    assert done.stdout == "ls\n"
    assert [each["dir"] for each in service.commands] == ["site/wwwroot/static", "site", "site"]


def test_one_command_ends_with_its_exit_code(site: Path, service: Kudu) -> None:
    done = webstead(["shell", "-c", "pip list", *profile(site.parent, service)], folder=site)
    assert done.stdout == "pip list\n"
    assert service.commands == [{"command": "pip list", "dir": "site/wwwroot"}]


def test_a_profile_and_a_site_exclude_each_other(site: Path, service: Kudu) -> None:
    webstead(["deploy", "--site", "shop", *profile(site.parent, service)], folder=site, code=2)


def test_nobody_there_is_told_at_once(site: Path, service: Kudu) -> None:
    words = profile(site.parent, service)
    path = Path(words[1])
    path.write_text(path.read_text().replace(service.url, "http://127.0.0.1:9"))
    done = webstead(["deploy", *words], folder=site, code=10)
    assert "gave no answer" in done.stderr


def test_a_url_is_fetched_by_the_server_itself(site: Path, service: Kudu) -> None:
    webstead(["deploy", "https://packages.example.org/a.zip", *profile(site.parent, service)], folder=site)
    assert json.loads(service.body) == {"packageUri": "https://packages.example.org/a.zip"}


def test_what_is_not_waited_for_is_told_how_to_be_watched(site: Path, service: Kudu) -> None:
    done = webstead(["deploy", "--async", *profile(site.parent, service)], folder=site)
    assert "webstead logs --deployment latest --profile" in done.stdout
    service._looked = 0
    told = webstead(["deploy", "--async", "--json", *profile(site.parent, service)], folder=site)
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert {"event": "deployment.begun", "deployment": ""}.items() <= events[-2].items()
    assert "GET /api/deployments/latest" not in service.requests


def test_interrupting_leaves_the_deployment_and_says_so(site: Path, service: Kudu) -> None:
    service.looks = 1_000_000
    words = ["deploy", *profile(site.parent, service)]
    with subprocess.Popen(
        [sys.executable, "-m", "webstead", *words],
        cwd=site,
        env={**os.environ, "WEBSTEAD_STATE_DIR": str(site.parent / "state")},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "Collecting package-1" in line:
                running.send_signal(signal.SIGINT)
                break
        rest = running.stdout.read()
    assert running.returncode == 130
    assert "The deployment goes on without this command." in rest
    assert "webstead logs --deployment latest --profile" in rest
    assert "--cancel" not in rest


@pytest.mark.parametrize(("fails", "code"), [(False, 0), (True, 5)])
def test_the_log_of_a_deployment_ends_as_it_did(site: Path, service: Kudu, fails: bool, code: int) -> None:
    service.fails, service.deployed = fails, True
    words = ["logs", "--deployment", "latest", *profile(site.parent, service)]
    done = webstead(words, folder=site, code=code)
    assert "Fetching changes." in done.stdout
