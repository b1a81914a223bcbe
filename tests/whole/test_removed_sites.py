"""A site that is deleted, or emptied, while its app writes and a deployment to it runs: nothing of it is
left, and the next one works."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.loads import eventually
from tests.serving import Server, new_home, serving
from webstead.site.store.sites import find_site

WRITES = """\
import os, threading

def write():
    number = 0
    while True:
        number += 1
        for folder in (".", "deep/er", os.environ["HOME"] + "/data"):
            try:
                os.makedirs(folder, exist_ok=True)
                with open(f"{folder}/{number % 500}.txt", "w") as file:
                    file.write("of the app")
            except OSError:
                pass

for _ in range(2):
    threading.Thread(target=write, daemon=True).start()

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"it writes"]
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    env = {"WEBSTEAD_CACHE_DIR": str(tmp_path / "cache")}
    with serving(new_home(tmp_path / "home"), env=env) as server:
        assert server.deploy(zipped({"app.py": WRITES})).status_code == 200
        assert server.ask() == (200, "it writes")
        yield server


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_a_site_that_is_emptied_under_an_app_that_writes_is_empty_and_takes_the_next_deployment(
    served: Server,
) -> None:
    answer = served.manage("/api/scm?deleteWebRoot=1", "DELETE")
    assert answer.status_code == 204, answer.text
    assert served.ask()[0] == 503
    assert not served.site.wwwroot.is_symlink()
    assert list(served.site.releases.iterdir()) == list(served.site.kept.iterdir()) == []
    assert served.deploy(zipped({"index.html": "hello"})).status_code == 200
    assert served.ask() == (200, "hello")
    eventually(lambda: list(served.home.temporary.iterdir()) == [])


def test_a_site_that_is_deleted_under_a_deployment_and_an_app_that_writes_is_gone(served: Server) -> None:
    waits = {"app.py": WRITES, ".deployment": "[config]\ncommand = touch ../begun; sleep 60\n"}
    with ThreadPoolExecutor() as pool:
        deploying = pool.submit(served.deploy, zipped(waits))
        eventually(lambda: list(served.site.root.rglob("begun")) != [])
        answer = served.manage("/api/site", "DELETE")
        assert answer.status_code == 204, answer.text
        assert deploying.result().status_code == 409
    assert find_site(served.store, "shop") is None
    assert not served.site.root.exists()
    eventually(lambda: list(served.home.temporary.iterdir()) == [])
