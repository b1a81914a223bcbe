"""Deployments without an app: files, jobs, nothing; and what is left out of a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.deployments import APP, Home
from webstead.errors import PlanError
from webstead.site.deploy.model import Zip
from webstead.site.deploy.onedeploy import placed
from webstead.site.releases.note import read_note
from webstead.site.store.model import Status

ONE = {"app.py": APP % "one"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def publish(home: Home, kind: str, path: str, data: str) -> None:
    file = home.server.temporary / "published"
    file.write_text(data)
    home.deploy(placed(home.site, kind, path, file))


@pytest.mark.parametrize(
    "files",
    [
        {"index.html": "hello"},
        {"App_Data/jobs/triggered/nightly/run.py": "print(1)\n"},
        {},
    ],
    ids=["files", "jobs", "nothing"],
)
def test_what_has_no_app_is_deployed_and_the_log_says_what_was_looked_for(
    home: Home, files: dict[str, str]
) -> None:
    done = home.deploy(files)
    assert done.status == Status.SUCCESS
    assert home.host.events == [f"activate {done.release}", "settled"]
    assert "No app found: static files only." in home.lines
    assert any(line.startswith("Looked for: web.config, Procfile") for line in home.lines)
    assert not read_note(home.site, done.release).app


def test_what_looks_like_an_app_and_is_none_fails_with_words_for_a_deployer(home: Home) -> None:
    with pytest.raises(PlanError) as raised:
        home.deploy({"one.py": APP % "one", "two.py": APP % "two"})
    error = raised.value
    assert "--app" not in error.fix + error.found
    assert "web: uvicorn one:app" in error.fix
    assert "webstead up" not in " ".join(entry.message for entry in home.log(latest(home)))


def latest(home: Home) -> str:
    from webstead.site.store.deployments import list_deployments

    return list_deployments(home.store, "shop")[0].id


def test_a_site_is_published_file_by_file_until_it_has_an_app(home: Home) -> None:
    publish(home, "startup", "", "echo hello\n")
    publish(home, "lib", "thing.py", "x = 1\n")
    assert home.site.release is None
    publish(home, "static", "requirements.txt", "# none\n")
    publish(home, "static", "index.html", "hello")
    assert home.text("index.html") == "hello"
    publish(home, "static", "app.py", APP % "one")
    assert read_note(home.site, home.site.release).app
    with pytest.raises(PlanError):
        publish(home, "static", "app.py", "x = 1\n")
    assert home.text("app.py") == APP % "one"


def test_what_only_kudu_reads_stays_out_of_a_release(home: Home) -> None:
    command = "bash deploy.sh"
    done = home.deploy(
        {
            **ONE,
            ".deployment": f"[config]\ncommand = {command}\n",
            "deploy.sh": "echo made > made.txt\n",
            "deploy.cmd": "rem\n",
            ".git/config": "[core]\n",
            "sub/.hg/x": "1",
            "sub/deployment.txt": "stays",
        }
    )
    assert home.text("made.txt") == "made\n"
    names = {path.relative_to(home.site.wwwroot).as_posix() for path in home.site.wwwroot.rglob("*")}
    assert {"app.py", "made.txt", "sub", "sub/deployment.txt"} == {
        name for name in names if "__pycache__" not in name
    }
    listed = json.loads((home.site.deployments / done.release / "files.json").read_text())["files"]
    assert sorted(path for path, *_ in listed) == ["app.py", "made.txt", "sub/deployment.txt"]
    left = "Left out, for it is no part of the site: .deployment, .git, deploy.cmd, deploy.sh, sub/.hg."
    assert left in home.lines


def test_a_script_that_was_published_by_its_name_stays(home: Home) -> None:
    home.deploy(ONE)
    publish(home, "static", "deploy.sh", "echo hello\n")
    assert home.text("deploy.sh") == "echo hello\n"
    home.deploy(Zip(home.upload({"a.txt": "a", "deploy.cmd": "rem"}), "sub"))
    assert home.text("deploy.sh") == "echo hello\n"
    assert not (home.site.wwwroot / "sub" / "deploy.cmd").exists()


def test_the_bytes_of_a_release_are_counted(home: Home) -> None:
    done = home.deploy({**ONE, "a.bin": b"x" * 1000})
    assert read_note(home.site, done.release).size == 1000 + len(ONE["app.py"])


def test_names_that_windows_would_not_take_are_warned_of(home: Home) -> None:
    home.deploy({**ONE, "a:b.txt": "x"})
    assert "a:b.txt cannot be stored on Windows: its name is reserved there." in home.lines
