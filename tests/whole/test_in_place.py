"""`pip install` on a site that is served, as people do from a console: the app has it after a restart."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.management import NOW, bearer
from tests.package_index import wheel
from webstead.site.homes import ServerHome
from webstead.site.releases.pointer import switch
from webstead.site.server.note import ServerNote, read_note
from webstead.site.store import open_store
from webstead.site.store.sites import create_site

APP = """\
import importlib.util

def app(environ, start_response):
    found = importlib.util.find_spec("added") is not None
    print("asked", flush=True)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"has it" if found else b"has it not"]
"""

SECONDS = 90


@contextmanager
def served(server: ServerHome, log: Path) -> Iterator[ServerNote]:
    words = [sys.executable, "-m", "webstead", "serve", "--home", str(server.root), "--port", "0"]
    with log.open("wb") as output, subprocess.Popen(words, stdout=output, stderr=output) as process:
        try:
            yield noted(server, process, log)
        finally:
            process.terminate()
            process.wait(30)


def noted(server: ServerHome, process: subprocess.Popen[bytes], log: Path) -> ServerNote:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        if (note := read_note(server)) is not None:
            return note
    raise AssertionError(log.read_text())


def test_an_app_has_what_was_installed_in_place_after_a_restart(tmp_path: Path) -> None:
    server = ServerHome(tmp_path / "home")
    server.make()
    create_site(open_store(server.database), "shop", now=NOW)
    home = server.site("shop")
    home.make()
    release = home.folder_of("r1")
    release.mkdir()
    (release / "app.py").write_text(APP)
    switch(home, "r1")
    made = wheel(tmp_path, "added")
    log = tmp_path / "log"
    with served(server, log) as note, httpx.Client(timeout=SECONDS) as http:
        site = {"Host": "shop.localhost"}
        management = {"Host": "shop.scm.localhost", **bearer(note.token.reveal())}

        def app() -> str:
            return http.get(note.url, headers=site).text

        assert app() == "has it not"
        body = {"command": f"python -m pip install --no-index {made}", "dir": "site/wwwroot"}
        ran = http.post(f"{note.management_url}/api/command", headers=management, json=body).json()
        assert ran["ExitCode"] == 0, ran
        assert app() == "has it not"
        assert http.post(f"{note.management_url}/api/site/restart", headers=management).status_code == 204
        end = time.monotonic() + SECONDS
        while (said := app()) != "has it" and time.monotonic() < end:
            continue
        assert said == "has it", log.read_text()
        lines = http.get(f"{note.management_url}/api/logs/recent", headers=management).json()
        assert "asked" in [line["message"] for line in lines]
        items = http.get(f"{note.management_url}/api/processes", headers=management).json()
        worker = http.get(f"{note.management_url}/api/processes/-1", headers=management).json()
        assert worker["file_name"]
        assert worker["id"] in [item["id"] for item in items]
