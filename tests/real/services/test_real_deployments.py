"""Deployments through a management process, as the documentation of App Service shows them: by curl."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.management import NOW, basic
from tests.real.services.test_process import served
from webstead.site.homes import ServerHome
from webstead.site.store import open_store
from webstead.site.store.sites import create_site

pytestmark = pytest.mark.needs("curl")

APP = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""
FLAT = 64 << 20
"""More memory than this an upload of any size must not take."""


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[bytes]
    client: httpx.Client
    home: ServerHome
    user: str

    def curl(self, path: str, *words: str) -> tuple[int, str]:
        """The status and the body."""
        url = f"{str(self.client.base_url).rstrip('/')}{path}"
        command = ["curl", "-sS", "-w", "\n%{http_code}", "-u", self.user, *words, url]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
        body, _, status = ran.stdout.rpartition("\n")
        return int(status), body


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    home = ServerHome(tmp_path / "home")
    home.make()
    record = create_site(open_store(home.database), "shop", now=NOW)
    home.site("shop").make()
    with served(home.root) as (process, client):
        yield Server(process, client, home, f"$shop:{record.password.reveal()}")


def a_zip(path: Path, files: dict[str, str]) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return f"@{path}"


def test_curl_deploys_a_zip_and_goes_back(server: Server, tmp_path: Path) -> None:
    first = a_zip(tmp_path / "1.zip", {"app.py": APP, "one.txt": "1"})
    assert server.curl("/api/zipdeploy", "-X", "POST", "--data-binary", first) == (200, "")
    wwwroot = server.home.site("shop").wwwroot
    assert (wwwroot / "one.txt").read_text() == "1"
    (wwwroot / "own.db").write_text("kept")
    second = a_zip(tmp_path / "2.zip", {"app.py": APP, "two.txt": "2"})
    assert server.curl("/api/zipdeploy?isAsync=true", "--data-binary", second)[0] == 202
    status = 202
    while status == 202:
        status, body = server.curl("/api/deployments/latest")
    assert json.loads(body)["status"] == 4
    assert sorted(each.name for each in wwwroot.iterdir()) == ["app.py", "own.db", "two.txt"]
    status, body = server.curl("/api/releases/rollback", "-X", "POST")
    assert (status, json.loads(body)["current"]) == (200, True)
    assert sorted(each.name for each in wwwroot.iterdir()) == ["app.py", "one.txt", "own.db"]


def test_what_cannot_be_deployed_is_told_and_changes_nothing(server: Server, tmp_path: Path) -> None:
    good = a_zip(tmp_path / "1.zip", {"app.py": APP})
    assert server.curl("/api/zipdeploy", "--data-binary", good)[0] == 200
    for name, files in {"escapes": {"../x": ""}, "broken": {"app.py": "def app(:"}}.items():
        bad = a_zip(tmp_path / f"{name}.zip", files)
        status, body = server.curl("/api/zipdeploy", "--data-binary", bad)
        assert 400 <= status < 500, body
        told = json.loads(body)
        assert told["Message"]
        status, log = server.curl(f"/api/deployments/{told['deployment']}/log")
        assert status == 200, log
        assert json.loads(server.curl("/api/deployments/latest/log")[1]) == json.loads(log)
    assert (server.home.site("shop").wwwroot / "app.py").read_text() == APP
    assert list(server.home.temporary.iterdir()) == []


def test_a_file_is_published_to_its_place(server: Server, tmp_path: Path) -> None:
    good = a_zip(tmp_path / "1.zip", {"app.py": APP})
    assert server.curl("/api/publish?type=zip", "--data-binary", good)[0] == 200
    (tmp_path / "robots.txt").write_text("User-agent: *")
    sent = f"@{tmp_path / 'robots.txt'}"
    assert server.curl("/api/publish?type=static&path=robots.txt", "--data-binary", sent)[0] == 200
    wwwroot = server.home.site("shop").wwwroot
    assert (wwwroot / "robots.txt").read_text() == "User-agent: *"
    assert (wwwroot / "app.py").read_text() == APP
    assert server.curl("/api/publish?type=startup", "--data-binary", "echo")[0] == 200
    assert (server.home.site("shop").root / "site" / "scripts" / "startup.sh").read_text() == "echo"


@pytest.mark.parametrize("byte", [b"\0", b" "])
def test_an_upload_takes_no_memory_however_large_it_is(server: Server, byte: bytes) -> None:
    """White space may stand before JSON."""
    piece, number = byte * (1 << 20), 400
    running = psutil.Process(server.process.pid)
    most = before = running.memory_info().rss

    def pieces() -> Iterator[bytes]:
        nonlocal most
        for _ in range(number):
            yield piece
            most = max(most, running.memory_info().rss)

    user, _, password = server.user.partition(":")
    answer = server.client.post(
        "/api/zipdeploy",
        content=pieces(),
        headers=basic(user, password),
        timeout=100,
    )
    assert answer.status_code == 400, answer.text  # it is no zip
    assert most - before < FLAT
    assert list(server.home.temporary.iterdir()) == []
