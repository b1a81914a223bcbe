"""Deployments by the command line: to a home that nobody serves, then to the server of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import Up

APP = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%s"]
"""


def webstead(folder: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    home = {"WEBSTEAD_HOME": str(folder / "home"), "WEBSTEAD_STATE_DIR": str(folder / "state")}
    done = subprocess.run(
        [sys.executable, "-m", "webstead", *words],
        cwd=folder,
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"
    return done


def app(folder: Path, answer: str) -> None:
    (folder / "shop").mkdir(exist_ok=True)
    (folder / "shop" / "app.py").write_text(APP % answer)


def asked(url: str) -> str:
    """As a browser asks, which takes names below localhost for this machine."""
    done = subprocess.run(["curl", "--silent", url], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


@pytest.mark.needs("curl")
def test_what_is_deployed_without_a_server_is_served_by_it_and_followed_by_more(tmp_path: Path) -> None:
    webstead(tmp_path, "site", "create", "shop")
    app(tmp_path, "first")
    done = webstead(tmp_path, "deploy", "shop", "-m", "one")
    assert "Deployed shop in" in done.stdout
    assert f"webstead serve --home {tmp_path / 'home'}" in done.stdout
    short = done.stdout.partition("(deployment ")[2].partition(")")[0]
    assert "Deployment successful." in webstead(tmp_path, "logs", "--deployment", short).stdout
    (release,) = json.loads(webstead(tmp_path, "releases", "--json").stdout)
    assert "Deployment successful." in webstead(tmp_path, "logs", "--deployment", release["id"]).stdout
    with Up(("--port", "0", "--home", tmp_path / "home"), cwd=tmp_path, env={}, verb=("serve",)) as server:
        line = server.wait_for(lambda line: line.startswith("Serving: "))
        port = line.split()[1].rpartition(":")[2]
        server.wait_for(lambda line: line.startswith("Management: "))
        url = f"http://shop.localhost:{port}/"
        assert asked(url) == "first"
        app(tmp_path, "second")
        webstead(tmp_path, "deploy", "shop", "-m", "two")
        assert asked(url) == "second"
        (tmp_path / "shop" / "app.py").write_text("import nothing_of_this_name\n" + APP % "third")
        failed = webstead(tmp_path, "deploy", "shop", code=5)
        assert "nothing_of_this_name" in failed.stdout + failed.stderr
        assert asked(url) == "second"
        webstead(tmp_path, "rollback")
        assert asked(url) == "first"
        assert webstead(tmp_path, "releases").stdout.count("*") == 1
        assert server.interrupt() == 0


@pytest.mark.needs("curl")
def test_only_what_has_changed_is_sent(tmp_path: Path) -> None:
    webstead(tmp_path, "site", "create", "shop")
    app(tmp_path, "first")
    (tmp_path / "shop" / "same.txt").write_text("as it was")
    assert "Unchanged" not in webstead(tmp_path, "deploy", "shop").stdout
    app(tmp_path, "second")
    done = webstead(tmp_path, "deploy", "shop")
    assert "Unchanged  1 of 2 files" in done.stdout
    wwwroot = tmp_path / "home/sites/shop/site/wwwroot"
    assert (wwwroot / "same.txt").read_text() == "as it was"
    assert "second" in (wwwroot / "app.py").read_text()
    assert "Unchanged" not in webstead(tmp_path, "deploy", "shop", "--whole").stdout


def test_what_the_app_wrote_stays_whichever_way_a_zip_comes(tmp_path: Path) -> None:
    webstead(tmp_path, "site", "create", "shop")
    app(tmp_path, "first")
    webstead(tmp_path, "deploy", "shop")
    wwwroot = tmp_path / "home/sites/shop/site/wwwroot"
    (wwwroot / "uploads.db").write_text("kept")
    (wwwroot / "media").mkdir()
    (wwwroot / "media" / "upload.png").write_text("kept")
    package = shutil.make_archive(str(tmp_path / "package"), "zip", tmp_path / "shop")
    webstead(tmp_path, "deploy", package, "--type", "zip", "--site", "shop")
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "logo.png").write_text("logo")
    webstead(tmp_path, "deploy", "img", "--path", "media", "--site", "shop")
    assert (wwwroot / "media" / "logo.png").read_text() == "logo"
    assert (wwwroot / "media" / "upload.png").read_text() == "kept"
    assert (wwwroot / "uploads.db").read_text() == "kept"
    webstead(tmp_path, "deploy", package, "--type", "zip", "--clean", "--site", "shop")
    assert not (wwwroot / "uploads.db").exists()


def test_a_folder_is_no_single_file(tmp_path: Path) -> None:
    webstead(tmp_path, "site", "create", "shop")
    app(tmp_path, "first")
    done = webstead(tmp_path, "deploy", "shop", "--type", "static", "--path", "static/shop", code=2)
    assert "--type zip" in done.stderr
    assert not (tmp_path / "home/sites/shop/site/wwwroot/static").exists()


def test_a_home_whose_server_was_killed_is_deployed_to_as_one_that_nobody_serves(tmp_path: Path) -> None:
    app(tmp_path, "first")
    with Up(("--port", "0", "--home", tmp_path / "home"), cwd=tmp_path, env={}, verb=("serve",)) as server:
        server.wait_for(lambda line: line.startswith("Management: "))
        webstead(tmp_path, "site", "create", "shop")
        webstead(tmp_path, "deploy", "shop")
    assert (tmp_path / "home/run/supervisor.sock").exists()
    app(tmp_path, "second")
    webstead(tmp_path, "deploy", "shop")
    wwwroot = tmp_path / "home/sites/shop/site/wwwroot"
    assert "second" in (wwwroot / "app.py").read_text()
    webstead(tmp_path, "rollback", "--site", "shop")
    assert "first" in (wwwroot / "app.py").read_text()


def test_a_folder_that_was_deployed_knows_its_site_also_when_the_home_is_named(tmp_path: Path) -> None:
    app(tmp_path, "first")
    for name in ("shop", "other"):
        webstead(tmp_path, "site", "create", name)
    assert "Which site?" in webstead(tmp_path, "deploy", "shop", code=2).stderr
    webstead(tmp_path, "deploy", "shop", "--site", "shop")
    assert "Site shop, as this folder was deployed last" in webstead(tmp_path, "deploy", "shop").stderr
    again = webstead(tmp_path, "deploy", "shop", "--home", str(tmp_path / "home"))
    assert "Site shop" in again.stderr
