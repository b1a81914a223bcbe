"""Deployments to a server that serves: under load, and with the server killed at any moment of one."""

from __future__ import annotations

import io
import os
import random
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.live import Up
from tests.management import NOW, bearer
from webstead.site.homes import ServerHome
from webstead.site.server.note import ServerNote, read_note
from webstead.site.store import open_store
from webstead.site.store.sites import create_site

KILLS = int(os.environ.get("WEBSTEAD_KILLS", "6"))
"""200 for a thorough run."""

APP = """\
from pathlib import Path

FIRST = %(number)d


def app(environ, start_response):
    second = Path(__file__).with_name("second.txt").read_text()
    third = Path(__file__).parent.joinpath("data", "f499.txt").read_text()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{FIRST} {second} {third}".encode()]
"""
SHOP = {"Host": "shop.localhost"}


def package(number: int) -> bytes:
    """A release whose parts all say which one they are of."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", APP % {"number": number})
        archive.writestr("second.txt", f"{number}")
        for each in range(500):
            archive.writestr(f"data/f{each}.txt", f"{number}")
    return held.getvalue()


class Server:
    """`webstead serve` of a home with one site, `shop`."""

    def __init__(self, up: Up, note: ServerNote, http: httpx.Client) -> None:
        self.up = up
        self.note = note
        self.http = http

    def deploy(self, number: int) -> int:
        headers = {"Host": "shop.scm.localhost", **bearer(self.note.token.reveal())}
        answer = self.http.post(f"{self.note.url}/api/zipdeploy", headers=headers, content=package(number))
        return answer.status_code

    def deployments(self) -> list[dict[str, object]]:
        headers = {"Host": "shop.scm.localhost", **bearer(self.note.token.reveal())}
        found: list[dict[str, object]] = self.http.get(
            f"{self.note.url}/api/deployments", headers=headers
        ).json()
        return found

    def ask(self) -> tuple[int, str]:
        answer = self.http.get(f"{self.note.url}/", headers=SHOP)
        return answer.status_code, answer.text


@contextmanager
def serving(home: ServerHome) -> Iterator[Server]:
    words = ("--home", home.root, "--port", "0")
    with Up(words, cwd=home.root.parent, env={}, verb=("serve",)) as up, httpx.Client(timeout=90) as http:
        up.wait_for(lambda line: line.startswith("Serving: "))
        note = read_note(home.note)
        assert note is not None
        yield Server(up, note, http)


@pytest.fixture
def home(tmp_path: Path) -> ServerHome:
    home = ServerHome(tmp_path / "home")
    home.make()
    create_site(open_store(home.database), "shop", now=NOW)
    home.site("shop").make()
    return home


def test_twenty_deployments_under_load_lose_no_request(home: ServerHome) -> None:
    answers: list[tuple[int, str]] = []
    over = threading.Event()
    with serving(home) as server:
        assert server.deploy(0) == 200

        def load() -> None:
            with httpx.Client(timeout=90) as http:
                while not over.is_set():
                    answer = http.get(f"{server.note.url}/", headers=SHOP)
                    answers.append((answer.status_code, answer.text))

        loading = [threading.Thread(target=load) for _ in range(4)]
        for each in loading:
            each.start()
        try:
            for number in range(1, 21):
                assert server.deploy(number) == 200
                assert server.ask() == (200, f"{number} {number} {number}")
        finally:
            over.set()
            for each in loading:
                each.join()
    assert {status for status, _ in answers} == {200}
    assert {text for _, text in answers} <= {f"{n} {n} {n}" for n in range(21)}
    assert len(answers) > 100


def test_a_server_killed_at_any_moment_of_a_deployment_comes_back_with_the_old_or_the_new(
    home: ServerHome,
) -> None:
    chance = random.Random(7)
    with serving(home) as server:
        assert server.deploy(0) == 200
        assert server.ask() == (200, "0 0 0")
    current, number = 0, 0
    for _ in range(KILLS):
        number += 1
        with serving(home) as server:
            assert server.ask() == (200, f"{current} {current} {current}"), "warm, so that instances change"
            deploying = threading.Thread(target=_deploy_regardless, args=(server, number))
            deploying.start()
            time.sleep(chance.uniform(0.0, 2.0))
            family = [server.up.process, *psutil.Process(server.up.process.pid).children(recursive=True)]
            os.kill(server.up.process.pid, signal.SIGKILL)
            deploying.join()
            psutil.wait_procs([each for each in family if isinstance(each, psutil.Process)], timeout=30)
        with serving(home) as server:
            status, text = server.ask()
            assert status == 200
            assert text in (f"{n} {n} {n}" for n in (current, number))
            current = int(text.split()[0])
            assert all(each["complete"] for each in server.deployments())
            number += 1
            assert server.deploy(number) == 200
            assert server.ask() == (200, f"{number} {number} {number}")
            current = number


def _deploy_regardless(server: Server, number: int) -> None:
    try:
        server.deploy(number)
    except httpx.HTTPError:
        return  # it was killed
