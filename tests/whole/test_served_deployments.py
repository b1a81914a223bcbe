"""Deployments to a server under load lose no request: of clients that keep their connection, of clients that
make a new one each time, and of uploads; each is answered by one release, whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.numbered import answer_of, package
from tests.serving import SHOP, Server, new_home, serving
from webstead.site.homes import ServerHome

DEPLOYMENTS = 20
UPLOAD = 256 << 10
"""Bytes of a body, sent in pieces: some are on their way whenever the releases change."""

Ask = Callable[[httpx.Client], httpx.Response]


@pytest.fixture
def home(tmp_path: Path) -> ServerHome:
    return new_home(tmp_path / "home")


class Clients:
    """Each asks as fast as it is answered. answers: of each, with what went wrong instead of an answer."""

    def __init__(self, url: str) -> None:
        self.answers: dict[str, list[tuple[int, str]]] = {"kept": [], "new": [], "upload": []}
        self.failures: list[str] = []
        self._url = url
        self._over = threading.Event()
        kinds = {"kept": self._kept, "new": self._new, "upload": self._upload}
        self._threads = [threading.Thread(target=self._run, args=kind) for kind in 2 * list(kinds.items())]

    def __enter__(self) -> Clients:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._threads:
            each.join()

    def _run(self, name: str, ask: Ask) -> None:
        with httpx.Client(timeout=60) as http:
            while not self._over.is_set():
                try:
                    answer = ask(http)
                except (httpx.HTTPError, AssertionError) as error:
                    self.failures.append(f"{name}: {error!r}")
                else:
                    self.answers[name].append((answer.status_code, answer.text))

    def _kept(self, http: httpx.Client) -> httpx.Response:
        return http.get(self._url, headers=SHOP)

    def _new(self, http: httpx.Client) -> httpx.Response:
        return http.get(self._url, headers={**SHOP, "Connection": "close"})

    def _upload(self, http: httpx.Client) -> httpx.Response:
        answer = http.post(self._url, headers=SHOP, content=self._pieces())
        assert answer.status_code != 200 or answer.headers["x-length"] == str(UPLOAD)
        return answer

    def _pieces(self) -> Iterator[bytes]:
        for _ in range(4):
            yield bytes(UPLOAD // 4)
            self._over.wait(0.005)


def deploy(server: Server, number: int) -> None:
    answer = server.deploy(package(number))
    assert answer.status_code == 200, answer.text
    assert server.ask() == (200, answer_of(number))


def test_twenty_deployments_under_load_lose_no_request(home: ServerHome) -> None:
    with serving(home) as server:
        deploy(server, 0)
        with Clients(f"{server.note.url}/") as clients:
            for number in range(1, DEPLOYMENTS + 1):
                deploy(server, number)
    assert clients.failures == []
    for kind, answers in clients.answers.items():
        assert {status for status, _ in answers} == {200}, kind
        assert {text for _, text in answers} <= {answer_of(n) for n in range(DEPLOYMENTS + 1)}, kind
        assert len(answers) > DEPLOYMENTS, kind
