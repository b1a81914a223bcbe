"""The management as a process of its own."""

from __future__ import annotations

import json
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
import pytest

from tests.management import NOW, bearer
from tests.ports import free_port
from webstead.site.homes import ServerHome
from webstead.site.server.management import FRONT_HEADER, FRONT_VARIABLE, TOKEN_VARIABLE
from webstead.site.store import open_store
from webstead.site.store.sites import create_site

TOKEN = "token-of-the-process"
FRONT = "token-of-its-front"


@contextmanager
def served(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    port = free_port()
    words = [sys.executable, "-m", "webstead.services", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(words, env={**os.environ, TOKEN_VARIABLE: TOKEN, FRONT_VARIABLE: FRONT})
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


def test_it_answers_a_site_by_its_host_name_and_ends_when_it_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
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
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ({FRONT_HEADER: FRONT, "X-Forwarded-For": "10.9.9.9, 192.0.2.1"}, "192.0.2.1"),
        ({FRONT_HEADER: FRONT, "X-Forwarded-For": "2001:db8::7"}, "2001:db8::7"),
        ({FRONT_HEADER: FRONT}, "127.0.0.1"),
        ({"X-Forwarded-For": "192.0.2.1"}, "127.0.0.1"),
        ({FRONT_HEADER: "guess", "X-Forwarded-For": "192.0.2.1"}, "127.0.0.1"),
        ({FRONT_HEADER: "", "X-Forwarded-For": "192.0.2.1"}, "127.0.0.1"),
    ],
)
def test_who_asks_is_known_from_the_front_alone(tmp_path: Path, told: dict[str, str], client: str) -> None:
    """Its port is open to every process of this machine."""
    with served(tmp_path) as (process, http):
        asked = {**bearer("guess"), "Host": "scm.localhost", **told}
        assert http.get("/docs", headers=asked).status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    (line,) = (tmp_path / "LogFiles" / "strangers.jsonl").read_text().splitlines()
    assert json.loads(line)["client"] == client


def test_the_scheme_is_the_front_s_word_too(tmp_path: Path) -> None:
    server = ServerHome(tmp_path)
    server.make()
    create_site(open_store(server.database), "shop", now=NOW)
    with served(tmp_path) as (_, http):
        told = {"Host": "shop.scm.localhost", "X-Forwarded-Proto": "https"}
        assert http.get("/api/site", headers=told).json()["scm_url"].startswith("http://")
        told[FRONT_HEADER] = FRONT
        assert http.get("/api/site", headers=told).json()["scm_url"].startswith("https://")
