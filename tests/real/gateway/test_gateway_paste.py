"""Paste Deploy's files through the command line, as iiswsgi had them: `-c app.ini`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Gateway
from .iis_harness import Process

INI = """
[app:main]
paste.app_factory = shop:make
greeting = from %(here)s

[app:other]
paste.app_factory = shop:make
greeting = the other one

[app:failing]
paste.app_factory = shop:fail

[server:main]
use = egg:iiswsgi#iis
"""
SHOP = """
def make(global_conf, greeting):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [greeting.encode()]
    return app


def fail(global_conf):
    raise KeyError("DATABASE_URL")
"""


@pytest.fixture(scope="session")
def paste_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with PasteDeploy, and nothing of ours."""
    place = tmp_path_factory.mktemp("paste") / "env"
    uv = [sys.executable, "-m", "uv"]
    python = str(place / "bin" / "python")
    subprocess.run([*uv, "venv", "--quiet", str(place), "--python", sys.executable], check=True)
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, "PasteDeploy"], check=True)
    return python


@pytest.fixture
def site(folder: Path) -> Path:
    (folder / "site").mkdir()
    (folder / "site" / "app.ini").write_text(INI)
    (folder / "site" / "shop.py").write_text(SHOP)
    return folder / "site"


@pytest.mark.parametrize("words", [("-c", "app.ini"), ("-c=app.ini",), ("app.ini",)])
def test_a_file_names_the_app(folder: Path, site: Path, paste_python: str, words: tuple[str, ...]) -> None:
    with Gateway(folder, None, words=words, python=paste_python, directory=site) as gateway:
        assert gateway.report == {"loaded": True}
        assert gateway.get("/").text == f"from {site}"


def test_a_name_behind_the_file_chooses_another(folder: Path, site: Path, paste_python: str) -> None:
    words = ("-c", "app.ini#other")
    with Gateway(folder, None, words=words, python=paste_python, directory=site) as gateway:
        assert gateway.get("/").text == "the other one"


def test_iis_starts_it_with_nothing_but_the_file(folder: Path, site: Path, paste_python: str) -> None:
    """The site's folder comes with the first request, and the file is looked for there."""
    with Process(site, ["-c", "app.ini"], folder, python=(paste_python,)) as server:
        for _ in range(2):
            assert server.get("/").text == f"from {site}"
        assert server.end() == 0


def test_an_app_that_its_file_cannot_make_is_shown(folder: Path, site: Path, paste_python: str) -> None:
    with Process(site, ["-c", "app.ini#failing"], folder, python=(paste_python,)) as server:
        server.ask("/")
        answer = server.last()
        assert answer.status == 500
        assert "KeyError: 'DATABASE_URL'" in answer.text
        assert server.exit_code() == 71
