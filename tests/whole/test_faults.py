"""What goes wrong with a deployment to a server that serves: damaged zips, two at once, one that is
cancelled. The old release goes on to serve, whole; nothing is left behind; the next deployment succeeds."""

from __future__ import annotations

import itertools
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.broken_disk import failing
from tests.damaged_zips import DAMAGED
from tests.kills import phase_of
from tests.loads import eventually
from tests.numbered import answer_of, differences, files_of, package
from tests.observed import words_of
from tests.serving import Server, new_home, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with serving(new_home(folder / "home"), env={"WEBSTEAD_CACHE_DIR": str(folder / "cache")}) as server:
        yield server
        _deploys(server, 0)


@pytest.fixture(autouse=True)
def _whole(served: Server) -> Iterator[None]:
    """A deployment succeeds after each test: the one before the next."""
    _deploys(served, 0)
    yield
    site = served.site
    assert list(served.home.temporary.iterdir()) == []
    assert [path.name for path in site.lock.parent.iterdir()] == [site.lock.name]
    for folder in site.releases.iterdir():
        assert folder.name == ".spare" or differences(folder, builds=True) == []


def _deploys(server: Server, number: int) -> None:
    answer = server.deploy(package(number, builds=True), build="true")
    assert answer.status_code == 200, answer.text
    _serves(server, number)


def _serves(server: Server, number: int) -> None:
    assert server.ask() == (200, answer_of(number, builds=True))
    assert differences(server.site.wwwroot, builds=True) == []


def _record(server: Server, message: str) -> dict[str, object]:
    found: list[dict[str, object]] = server.manage("/api/deployments").json()
    return next((each for each in found if each["message"] == message), {})


@pytest.mark.parametrize("fault", DAMAGED)
def test_a_damaged_zip_is_refused_with_words(served: Server, fault: str) -> None:
    answer = served.deploy(DAMAGED[fault](), message=fault)
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["Message"]
    assert told["found"]
    assert str(served.home.root) not in answer.text
    record = _record(served, fault)
    assert (record["status"], record["complete"]) == (3, True)
    assert str(record["status_text"]).startswith(told["Message"])
    _serves(served, 0)


_SERIAL = itertools.count()


class Beside:
    """A deployment that runs in a thread; `answer` waits for its end."""

    def __init__(self, server: Server, number: int) -> None:
        self._server = server
        self.message = f"beside {next(_SERIAL)}"
        self._pool = ThreadPoolExecutor(1)
        self._running = self._pool.submit(self._deploy, number)

    def _deploy(self, number: int) -> httpx.Response:
        with httpx.Client(timeout=60) as http:
            server = Server(self._server.home, self._server.up, self._server.note, http)
            return server.deploy(package(number, builds=True), build="true", message=self.message)

    def comes_to(self, phase: str) -> bool:
        """False when it has ended before anybody saw it there."""
        found: dict[str, object] = {}

        def is_there() -> bool:
            found.update(_record(self._server, self.message))
            return bool(found) and bool(found["complete"] or phase_of(str(found["progress"])) == phase)

        eventually(is_there)
        return not found["complete"]

    def answer(self) -> httpx.Response:
        with self._pool:
            return self._running.result(60)


def _beside_at(server: Server, phase: str) -> Beside:
    """One that has come to a phase, from a site that serves the first package."""
    for _ in range(5):
        running = Beside(server, 2)
        if running.comes_to(phase):
            return running
        assert running.answer().status_code == 200
        assert server.deploy(package(0, builds=True), build="true").status_code == 200
    raise AssertionError(f"it was never seen at {phase}")


def test_of_two_zips_at_once_one_is_deployed_and_the_other_told_by_whom_it_is_kept(served: Server) -> None:
    first = Beside(served, 2)
    assert first.comes_to("build")
    refused = served.deploy(package(3, builds=True), build="true")
    assert refused.status_code == 409
    assert "There is a deployment currently in progress" in refused.text
    assert "deployment, by ZipDeploy, for " in refused.text
    assert first.answer().status_code == 200
    _serves(served, 2)


def test_many_zips_at_the_same_moment_are_deployed_one_after_the_other_or_refused(served: Server) -> None:
    numbers = range(2, 8)
    begin = threading.Barrier(len(numbers))

    def deploy(number: int) -> int:
        with httpx.Client(timeout=60) as http:
            server, content = Server(served.home, served.up, served.note, http), package(number, builds=True)
            begin.wait(20)
            return server.deploy(content, build="true", message=f"many {number}").status_code

    with ThreadPoolExecutor(len(numbers)) as pool:
        statuses = dict(zip(numbers, pool.map(deploy, numbers), strict=True))
    assert set(statuses.values()) == {200, 409}
    status, text = served.ask()
    assert status == 200
    assert statuses[int(text.split()[0])] == 200
    succeeded = {number for number in numbers if _record(served, f"many {number}").get("status") == 4}
    assert succeeded == {number for number, status in statuses.items() if status == 200}


def test_a_deployment_again_waits_for_nobody(served: Server) -> None:
    again = served.manage("/api/deployments").json()[0]["id"]
    first = Beside(served, 2)
    assert first.comes_to("build")
    refused = served.manage(f"/api/deployments/{again}", "PUT")
    assert refused.status_code == 409
    assert first.answer().status_code == 200
    _serves(served, 2)


def test_a_push_beside_a_zip_is_deployed_or_refused_and_loses_no_commit(
    served: Server, tmp_path: Path
) -> None:
    def git(*words: str) -> subprocess.CompletedProcess[str]:
        own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        token = f"http.extraHeader=Authorization: Bearer {served.note.token.reveal()}"
        host = "http.extraHeader=Host: shop.scm.localhost"
        return subprocess.run(
            ["git", *own, "-c", token, "-c", host, *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    for path, content in files_of(3, builds=True).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    for words in (("init", "--quiet"), ("add", "-A"), ("commit", "--quiet", "-m", "three")):
        assert git(*words).returncode == 0
    first = Beside(served, 2)
    assert first.comes_to("build")
    pushed = git("push", f"{served.note.url}/shop.git", "HEAD:refs/heads/master")
    assert first.answer().status_code == 200
    if pushed.returncode == 0:
        _serves(served, 3)
    else:
        assert "in progress" in pushed.stderr
        _serves(served, 2)
        again = git("push", f"{served.note.url}/shop.git", "HEAD:refs/heads/master")
        assert again.returncode == 0, again.stderr
        _serves(served, 3)


@pytest.mark.parametrize("phase", ["receive", "build", "verify", "release", "switch"])
def test_a_deployment_that_is_cancelled_changes_nothing_or_is_done(served: Server, phase: str) -> None:
    running = Beside(served, 2)
    assert running.comes_to(phase)
    cancelled = served.manage("/api/lock", "DELETE")
    assert cancelled.status_code in (200, 202, 204), cancelled.text
    answer = running.answer()
    if answer.status_code == 200:  # the last look was before
        assert phase == "switch"
        _serves(served, 2)
    else:
        assert answer.status_code == 409
        assert "Cancelled by " in answer.text
        assert _record(served, running.message)["status"] == 3
        _serves(served, 0)


FLUSHES = ("fsync", "fdatasync", "syncfs")
RENAMES = ("rename", "renameat", "renameat2")
DEAD = {
    "the lock is noted": ("", FLUSHES),
    "it is recorded": ("", ("pwrite64",)),
    "files get their names": ("", RENAMES),
    "folders are made": ("", ("mkdir", "mkdirat")),
    "files get their times": ("", ("utimensat",)),
    "the environment is made": ("", ("symlink", "symlinkat")),
    "anything is removed": ("", ("unlink", "unlinkat", "rmdir")),
    "anything is opened": ("", ("openat",)),
    "its release is flushed": ("verify", FLUSHES),
    "the pointer moves": ("verify", RENAMES),
    "the pointer is made": ("verify", ("symlink", "symlinkat")),
    "the end is recorded": ("release", ("pwrite64",)),
}
"""When the disk begins to fail: a phase, "" for before it begins; and what fails."""


@pytest.mark.needs("strace")
@pytest.mark.parametrize("when", DEAD)
def test_a_disk_that_dies_is_told_and_the_site_serves_on(served: Server, when: str) -> None:
    phase, calls = DEAD[when]
    (management,) = (each for each in served.up.family() if "webstead.services" in words_of(each))
    if phase:
        running = _beside_at(served, phase)
        with failing(management, *calls):
            answer = running.answer()
            status, _ = served.ask()
    else:
        with failing(management, *calls):
            running = Beside(served, 2)
            answer = running.answer()
            status, _ = served.ask()
    assert status == 200
    if answer.status_code == 200:
        _serves(served, 2)
    else:
        told = answer.json()
        assert answer.status_code == 500, told
        assert "disk" in f"{told['Message']} {told['fix']}"
        assert "put/output error" in told["found"] or "I/O" in told["found"]
        _serves(served, 0)
    eventually(lambda: all(each["complete"] for each in served.manage("/api/deployments").json()))
    for path in served.home.temporary.iterdir():
        path.unlink()  # what could not be removed then; the next start of the server does it
