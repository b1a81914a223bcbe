"""A disk that is full, at each phase of a deployment: the site answers, the deployment fails with words that
name the disk, or serves already; and when there is room again, the next one succeeds."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.kills import phase_of
from tests.loads import eventually
from tests.management import bearer
from tests.numbered import answer_of, differences, package
from tests.serving import SCM, Server
from tests.small_disk import SmallDisk, on_a_small_disk

SIZE = "220m"
"""Some 64 MB of it are left free for records and logs, whatever comes."""

_SIZE = re.compile(r"\d (bytes|kB|MB) are free")

pytestmark = pytest.mark.needs("unshare", "mount")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, SmallDisk]]:
    with on_a_small_disk(tmp_path_factory.mktemp("disk"), SIZE) as (server, disk):
        yield server, disk
        _deploys(server, 0)


@pytest.fixture(autouse=True)
def room(served: tuple[Server, SmallDisk]) -> Iterator[None]:
    """A deployment succeeds after each test: the one before the next."""
    server, disk = served
    _deploys(server, 0)
    yield
    disk.empty()
    eventually(lambda: all(each["complete"] for each in server.manage("/api/deployments").json()))
    assert list(server.home.temporary.iterdir()) == []


def _deploys(server: Server, number: int) -> None:
    answer = server.deploy(package(number, builds=True), build="true")
    assert answer.status_code == 200, answer.text
    assert server.ask() == (200, answer_of(number, builds=True))
    assert differences(server.site.wwwroot, builds=True) == []


def _is_told(answer: httpx.Response) -> None:
    told = answer.json()
    assert answer.status_code == 507, told
    assert "disk" in told["Message"]
    assert _SIZE.search(told["found"]), told["found"]
    assert "webstead env prune" in told["fix"]


def test_an_upload_that_cannot_fit_is_refused_before_it_comes(served: tuple[Server, SmallDisk]) -> None:
    server, _ = served
    connection = http.client.HTTPConnection(server.note.url.removeprefix("http://"), timeout=20)
    try:
        connection.putrequest("POST", "/api/zipdeploy", skip_host=True)
        for name, value in {**server.headers, "Content-Length": str(400 << 20)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(b"PK" * 10_000)
        answer = connection.getresponse()
        told = answer.read().decode()
    finally:
        connection.close()
    assert answer.status == 507
    assert "400 MB would come" in told
    assert server.ask()[0] == 200


def test_an_upload_of_unknown_length_that_fills_the_disk_leaves_nothing(
    served: tuple[Server, SmallDisk],
) -> None:
    server, disk = served
    disk.fill(leave=66 << 20)
    answer = server.deploy(bytes(1 << 20) for _ in range(80))
    _is_told(answer)
    assert list(server.home.temporary.iterdir()) == []
    assert server.ask() == (200, answer_of(0, builds=True))


@pytest.mark.parametrize("phase", ["receive", "build", "verify", "release", "switch"])
def test_a_disk_that_runs_full_in_a_deployment(served: tuple[Server, SmallDisk], phase: str) -> None:
    server, disk = served
    filling = threading.Thread(target=_fill_at, args=(server, disk, phase))
    filling.start()
    answer = server.deploy(package(2, builds=True), build="true", message=phase)
    filling.join()
    status, text = server.ask()
    assert status == 200
    if answer.status_code == 200:  # there was all that it needed; the pointer leads to it
        assert text == answer_of(2, builds=True)
    else:
        _is_told(answer)
        assert text == answer_of(0, builds=True)
    assert differences(server.site.wwwroot, builds=True) == []
    disk.empty()
    eventually(lambda: _ended(server, phase) == (4 if answer.status_code == 200 else 3))


def _fill_at(server: Server, disk: SmallDisk, phase: str) -> None:
    with httpx.Client(timeout=20) as http:
        looking = Server(server.home, server.up, server.note, http)

        def has_come() -> bool:
            found = looking.manage("/api/deployments").json()
            own = next((each for each in found if each["message"] == phase), None)
            return own is not None and (own["complete"] or phase_of(own["progress"]) == phase)

        eventually(has_come)
    disk.fill()


def _ended(server: Server, message: str) -> object:
    found = server.manage("/api/deployments").json()
    return next(each["status"] for each in found if each["message"] == message)


def test_a_full_disk_keeps_no_request_from_its_answer_and_no_log_from_what_comes_later(
    served: tuple[Server, SmallDisk],
) -> None:
    server, disk = served
    disk.fill()
    assert {server.ask() for _ in range(50)} == {(200, answer_of(0, builds=True))}
    refused = server.deploy(package(2))
    assert refused.status_code == 507
    assert server.manage("/api/deployments").status_code == 200
    wrong = server.http.get(
        f"{server.note.url}/api/deployments", headers={**SCM, **bearer("nobody's")}
    )  # a line for audit.jsonl, which has no room
    assert wrong.status_code == 401
