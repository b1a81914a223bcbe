"""The management as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from tests.management import NOW, bearer
from tests.ports import free_port
from webstead.site.homes import ServerHome
from webstead.site.server.management import TOKEN_VARIABLE
from webstead.site.store import open_store
from webstead.site.store.sites import create_site

TOKEN = "token-of-the-process"


@contextmanager
def served(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    port = free_port()
    words = [sys.executable, "-m", "webstead.services", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(words, env={**os.environ, TOKEN_VARIABLE: TOKEN})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=bearer(TOKEN)) as client:
            end = time.monotonic() + 60
            while time.monotonic() < end and process.poll() is None:
                try:
                    client.get("/")
                    break
                except httpx.ConnectError:
                    continue
            yield process, client
    finally:
        process.kill()
        process.wait()


def test_it_answers_a_site_by_its_host_name_and_ends_when_it_is_told(tmp_path: Path) -> None:
    server = ServerHome(tmp_path)
    server.make()
    create_site(open_store(server.database), "shop", now=NOW)
    server.site("shop").make()
    with served(tmp_path) as (process, client):
        answer = client.get("/api/environment", headers={"Host": "shop.scm.localhost"})
        assert answer.status_code == 200
        assert "server" not in answer.headers
        one_segment = client.get("/environment%2F", headers={"Host": "shop.scm.localhost"})
        assert one_segment.status_code == 200
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) == 1, "its warden"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not any(each.is_running() for each in started), "it has waited for it"


def test_who_guesses_is_known_by_the_address_that_the_front_tells(tmp_path: Path) -> None:
    server = ServerHome(tmp_path)
    server.make()
    with served(tmp_path) as (_, client):
        guess = {"Authorization": "Bearer guess", "Host": "scm.localhost", "X-Forwarded-For": "192.0.2.1"}
        answers = [client.get("/docs", headers=guess).status_code for _ in range(11)]
        assert answers == [401] * 10 + [429]
        assert client.get("/docs", headers={"Host": "scm.localhost"}).status_code == 200
