"""`/api/webjobs` (reference 1.13), with real jobs."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.management import Management
from webstead.services.application import make_app
from webstead.services.surroundings import surroundings_of
from webstead.site.jobs.keeper import JobKeeper

SCRIPT = {"Content-Disposition": 'attachment; filename="run.py"', "Content-Type": "application/octet-stream"}
HELLO = b"import sys\nprint('hello', *sys.argv[1:])\n"


@pytest.fixture
def management(tmp_path: Path) -> Management:
    management = Management(tmp_path)
    home = management.server.site("shop")
    (home.releases / "r1").mkdir(parents=True)
    home.wwwroot.symlink_to("releases/r1")
    return management


def put(management: Management, path: str, content: bytes = HELLO, headers: dict[str, str] = SCRIPT) -> None:
    answer = management.ask("PUT", path, content=content, headers=headers)
    assert answer.status_code == 200, answer.text


def test_a_script_is_put_run_and_its_history_kept(management: Management) -> None:
    put(management, "/api/triggeredwebjobs/clean")
    started = management.ask("POST", "/api/triggeredwebjobs/clean/run?arguments=a%20b")
    assert started.status_code == 202
    assert management.context.background.wait(20)
    run = management.ask("GET", started.headers["Location"]).json()
    assert run["status"] == "Success"
    assert run["job_name"] == "clean"
    assert run["end_time"].endswith("Z")
    output = management.ask("GET", run["output_url"])
    assert "hello a b" in output.text
    assert management.ask("GET", run["error_url"]).text == ""
    history = management.ask("GET", "/api/triggeredwebjobs/clean/history").json()
    assert [each["id"] for each in history["runs"]] == [run["id"]]
    item = management.ask("GET", "/api/triggeredwebjobs/clean").json()
    assert item["latest_run"]["id"] == run["id"]
    assert (item["name"], item["type"], item["run_command"], item["error"]) == (
        "clean",
        "triggered",
        "run.py",
        None,
    )
    assert management.ask("GET", item["history_url"]).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/triggeredwebjobs", "/api/triggeredjobs", "/jobs/triggered", "/api/jobs/triggered"]
)
def test_all_names_that_kudu_has_for_it(management: Management, path: str) -> None:
    put(management, f"{path}/clean")
    assert [each["name"] for each in management.ask("GET", path).json()] == ["clean"]
    assert management.ask("GET", f"{path}/clean").status_code == 200
    assert management.ask("GET", f"{path}/clean/history").json() == {"runs": []}


def test_a_zip_with_several_files_and_settings(management: Management) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("run.py", "import helper\n")
        archive.writestr("helper.py", "print('helped')\n")
        archive.writestr("settings.job", '{"schedule": "0 0 3 * * *"}')
    headers = {"Content-Disposition": "attachment; filename=job.zip", "Content-Type": "application/zip"}
    put(management, "/api/triggeredwebjobs/clean", packed.getvalue(), headers)
    assert management.ask("GET", "/api/triggeredwebjobs/clean/settings").json() == {"schedule": "0 0 3 * * *"}
    put(management, "/api/triggeredwebjobs/clean")
    kept = management.ask("GET", "/api/triggeredwebjobs/clean/settings").json()
    assert kept == {"schedule": "0 0 3 * * *"}, "a new script leaves the settings"
    assert not (management.server.site("shop").wwwroot / "App_Data/jobs/triggered/clean/helper.py").exists()


def test_what_is_no_zip_leaves_the_job_as_it_was(management: Management) -> None:
    put(management, "/api/triggeredwebjobs/clean")
    headers = {"Content-Disposition": "attachment; filename=job.zip"}
    refused = management.ask("PUT", "/api/triggeredwebjobs/clean", content=b"no zip", headers=headers)
    assert refused.status_code == 400
    assert (
        management.server.site("shop").wwwroot / "App_Data/jobs/triggered/clean/run.py"
    ).read_bytes() == HELLO


def test_settings_are_written(management: Management) -> None:
    put(management, "/api/triggeredwebjobs/clean")
    settings = {"schedule": "nonsense", "own": [1]}
    assert management.ask("PUT", "/api/triggeredwebjobs/clean/settings", json=settings).status_code == 204
    item = management.ask("GET", "/api/triggeredwebjobs/clean").json()
    assert item["settings"] == settings
    assert "schedule 'nonsense'" in item["error"]
    assert management.ask("PUT", "/api/triggeredwebjobs/clean/settings", json=[1]).status_code == 400


@pytest.mark.parametrize(
    "header", [{}, {"Content-Disposition": "attachment"}, {"Content-Disposition": "filename=.."}]
)
def test_a_file_without_a_name_is_refused(management: Management, header: dict[str, str]) -> None:
    answer = management.ask("PUT", "/api/triggeredwebjobs/clean", content=HELLO, headers=header)
    assert answer.status_code == 400
    assert "Content-Disposition" in answer.json()["fix"]


def test_a_name_of_a_file_stays_in_the_folder(management: Management) -> None:
    put(
        management,
        "/api/triggeredwebjobs/clean",
        headers={"Content-Disposition": "attachment; filename=../../run.py"},
    )
    assert management.ask("GET", "/api/triggeredwebjobs/clean").json()["run_command"] == "run.py"


def test_nothing_can_be_put_before_the_first_deployment(tmp_path: Path) -> None:
    bare = Management(tmp_path)
    answer = bare.ask("PUT", "/api/triggeredwebjobs/clean", content=HELLO, headers=SCRIPT)
    assert answer.status_code == 409
    assert bare.ask("GET", "/api/webjobs").json() == []


def test_what_is_not_there(management: Management) -> None:
    for method, path in (
        ("GET", "/api/triggeredwebjobs/none"),
        ("DELETE", "/api/continuouswebjobs/none"),
        ("POST", "/api/triggeredwebjobs/none/run"),
        ("POST", "/api/continuouswebjobs/none/start"),
        ("GET", "/api/triggeredwebjobs/none/history/1/output_log.txt"),
    ):
        assert management.ask(method, path).status_code == 404, path
    put(management, "/api/triggeredwebjobs/clean")
    assert management.ask("GET", "/api/triggeredwebjobs/clean/history/1").status_code == 404
    assert management.ask("GET", "/api/triggeredwebjobs/clean/history/1/status.json").status_code == 404


def test_a_job_is_removed_with_what_it_left(management: Management) -> None:
    put(management, "/api/triggeredwebjobs/clean")
    management.ask("POST", "/api/triggeredwebjobs/clean/run")
    assert management.context.background.wait(20)
    assert management.ask("DELETE", "/api/triggeredwebjobs/clean").status_code == 200
    assert management.ask("GET", "/api/webjobs").json() == []
    assert not (management.server.site("shop").data / "jobs/triggered/clean").exists()


def test_a_list_is_told_once(management: Management) -> None:
    put(management, "/api/triggeredwebjobs/clean")
    first = management.ask("GET", "/api/webjobs")
    tag = first.headers["ETag"]
    assert management.ask("GET", "/api/webjobs", headers={"If-None-Match": tag}).status_code == 304
    put(management, "/api/continuouswebjobs/other")
    assert management.ask("GET", "/api/webjobs", headers={"If-None-Match": tag}).status_code == 200


@pytest.fixture
def kept(management: Management) -> Iterator[Management]:
    """With jobs that are kept, as a server that runs has."""
    around = partial(surroundings_of, management.context)
    keeper = JobKeeper(management.server, management.store, management.clock, around, look_seconds=0.02)
    management.context = type(management.context)(
        *(
            management.server,
            management.store,
            management.context.host,
            management.deployer,
            management.clock,
        ),
        run_token=management.context.run_token,
        jobs=keeper,
    )
    management.app = make_app(management.context)
    keeper.begin()
    yield management
    keeper.end()


def test_a_continuous_job_runs_and_is_stopped_and_started(kept: Management) -> None:
    put(
        kept,
        "/api/continuouswebjobs/work",
        b"import time\nprint('up', flush=True)\nwhile True: time.sleep(100)\n",
    )
    wait_for(kept, "Running")
    item = kept.ask("GET", "/api/continuouswebjobs/work").json()
    assert item["type"] == "continuous"
    assert kept.ask("POST", "/api/continuouswebjobs/work/stop").status_code == 200
    wait_for(kept, "Stopped")
    assert kept.ask("POST", "/api/continuouswebjobs/work/start").status_code == 200
    wait_for(kept, "Running")
    until(lambda: "up" in kept.ask("GET", item["log_url"]).text)


def wait_for(kept: Management, status: str) -> None:
    until(lambda: kept.ask("GET", "/api/continuouswebjobs/work").json()["status"] == status)


def until(so: Callable[[], bool]) -> None:
    assert any(so() for _ in range(2000))


def extension_job(management: Management) -> Path:
    """The folder of a job that an extension brought: the app's to change."""
    folder = management.server.site("shop").extensions / "Ext" / "App_Data/jobs/triggered/x"
    folder.mkdir(parents=True)
    (folder / "run.py").write_bytes(HELLO)
    return folder


def test_settings_behind_a_link_out_of_the_home_are_none(management: Management) -> None:
    folder = extension_job(management)
    secret = management.server.root / "secret.json"
    secret.write_text('{"token": "secret"}')
    (folder / "settings.job").symlink_to(secret)
    shown = management.ask("GET", "/api/triggeredwebjobs/Ext(x)/settings")
    assert (shown.status_code, shown.json()) == (200, {})
    assert "secret" not in management.ask("GET", "/api/webjobs").text
    (folder.parent / "away").symlink_to(management.server.root)
    assert management.ask("GET", "/api/triggeredwebjobs/Ext(away)").status_code == 404


def test_settings_that_are_a_pipe_are_waited_for_by_nobody(management: Management) -> None:
    os.mkfifo(extension_job(management) / "settings.job")
    assert management.ask("GET", "/api/triggeredwebjobs/Ext(x)/settings").json() == {}


def test_the_settings_of_an_extension_s_job_are_its_own(management: Management) -> None:
    folder = extension_job(management)
    answer = management.ask("PUT", "/api/triggeredwebjobs/Ext(x)/settings", json={"own": 1})
    assert answer.status_code == 409
    assert "belongs to the extension Ext" in answer.text
    assert not (folder / "settings.job").exists()


def test_nothing_is_written_or_removed_behind_a_link_out_of_the_home(
    management: Management, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    (outside / "x").mkdir(parents=True)
    (outside / "x" / "run.py").write_bytes(HELLO)
    jobs = management.server.site("shop").wwwroot / "App_Data" / "jobs"
    jobs.mkdir(parents=True)
    (jobs / "triggered").symlink_to(outside)
    for method, path, more in (
        ("PUT", "/api/triggeredwebjobs/x", {"content": HELLO, "headers": SCRIPT}),
        ("PUT", "/api/triggeredwebjobs/x/settings", {"json": {"own": 1}}),
        ("DELETE", "/api/triggeredwebjobs/x", {}),
    ):
        assert management.ask(method, path, **more).status_code >= 400, (method, path)
    assert [path.name for path in (outside / "x").iterdir()] == ["run.py"]
    assert list(management.context.temporary.iterdir()) == []


def test_a_job_whose_settings_were_kept_is_set_up_removed_and_put_anew(management: Management) -> None:
    """Of what is kept, a release has links."""
    home = management.server.site("shop")
    kept = home.kept / "App_Data/jobs/triggered/clean"
    kept.mkdir(parents=True)
    (kept / "run.py").write_bytes(HELLO)
    (kept / "settings.job").write_text('{"own": 1}')
    folder = home.wwwroot / "App_Data/jobs/triggered"
    folder.mkdir(parents=True)
    (folder / "clean").symlink_to(kept)
    assert management.ask("GET", "/api/triggeredwebjobs/clean/settings").json() == {"own": 1}
    assert management.ask("PUT", "/api/triggeredwebjobs/clean/settings", json={"own": 2}).status_code == 204
    put(management, "/api/triggeredwebjobs/clean", b"print(2)\n")
    assert (kept / "run.py").read_bytes() == b"print(2)\n"
    assert (kept / "settings.job").read_text() == '{\n "own": 2\n}'
    assert management.ask("DELETE", "/api/triggeredwebjobs/clean").status_code == 200
    assert not kept.exists()
    assert management.ask("GET", "/api/webjobs").json() == []


HALF = b'{"own": "\\ud800", "\\udfff": 1}'
"""Each is half a character: JSON can name it, and no text can have it."""


def test_settings_with_half_a_character_are_refused_and_hide_no_job(management: Management) -> None:
    put(management, "/api/triggeredwebjobs/clean")
    assert management.ask("PUT", "/api/triggeredwebjobs/clean/settings", content=HALF).status_code == 400
    folder = management.server.site("shop").wwwroot / "App_Data/jobs/triggered/clean"
    (folder / "settings.job").write_bytes(HALF)
    (item,) = management.ask("GET", "/api/webjobs").json()
    assert (item["name"], item["settings"]) == ("clean", {})
    assert "settings.job is no JSON" in item["error"]
    assert management.ask("GET", "/api/triggeredwebjobs/clean/settings").json() == {}


def test_a_script_whose_name_is_no_text_is_shown(management: Management) -> None:
    put(management, "/api/triggeredwebjobs/clean")
    folder = management.server.site("shop").wwwroot / "App_Data/jobs/triggered/clean"
    (folder / "run.py").rename(folder / os.fsdecode(b"caf\xe9.py"))
    assert management.ask("GET", "/api/triggeredwebjobs/clean").json()["run_command"] == "caf\ufffd.py"
    assert management.ask("GET", "/api/webjobs").status_code == 200
