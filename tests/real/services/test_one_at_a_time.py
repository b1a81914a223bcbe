"""Who comes while a deployment runs: refused, or waits for the turn, but never told of a success that is
another's. With the real lock."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.deployments import FakeHost
from tests.management import Management
from webstead.effects import SystemClock
from webstead.services.deployer import LockHolder
from webstead.services.site_deployer import SiteDeployer
from webstead.site.deploy.lock import Locked
from webstead.site.deploy.model import Request
from webstead.site.store.deployments import list_deployments
from webstead.site.store.model import Deployment, Status
from webstead.site.store.settings import write_settings

FAR_SECONDS = 60.0


@pytest.fixture
def management(tmp_path: Path) -> Management:
    made = Management(tmp_path / "home", clock=SystemClock())
    made.deploy_by(SiteDeployer(made.server, made.store, FakeHost(), made.clock))
    return made


def a_zip(**files: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return data.getvalue()


def that_waits_for(file: Path) -> bytes:
    command = f"while [ ! -e {file} ]; do sleep 0.02; done"
    return a_zip(_deployment=f"[config]\ncommand = {command}\n", index_html="A")


@pytest.mark.parametrize("path", ["/api/zipdeploy?isAsync=true", "/api/publish?type=zip&async=true"])
def test_of_two_uploads_that_overlap_the_second_is_told_that_it_was_not_taken(
    management: Management, tmp_path: Path, path: str
) -> None:
    came, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"PK"
        came.set()
        await goes_on.wait()
        yield a_zip(index_html="B")[2:]

    async def both() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(management.app)
        given = management.publisher()
        async with httpx.AsyncClient(
            transport=transport, base_url="http://shop.scm.localhost", headers=given
        ) as http:
            second = asyncio.create_task(http.post(path, content=slow()))
            await came.wait()
            first = await http.post(path, content=that_waits_for(tmp_path / "go"))
            goes_on.set()
            return first, await second

    first, second = asyncio.run(both())
    (tmp_path / "go").touch()
    assert management.context.background.wait(FAR_SECONDS)
    assert (first.status_code, second.status_code) == (202, 409)
    assert second.headers["content-type"].startswith("text/plain")
    assert second.text.startswith("There is a deployment currently in progress.")
    (only,) = list_deployments(management.store, "shop")
    assert only.status == Status.SUCCESS, only.status_text
    assert (management.server.site("shop").wwwroot / "index.html").read_text() == "A"
    assert list(management.server.temporary.iterdir()) == []


def test_what_cannot_begin_is_told_to_who_sent_it_and_leaves_nothing(management: Management) -> None:
    """Its site runs from an address since it was asked first."""

    async def changed() -> AsyncIterator[bytes]:
        yield b"PK"
        address = {"WEBSITE_RUN_FROM_PACKAGE": "https://x.example/p.zip"}
        write_settings(management.store, "shop", "app", address)
        yield a_zip(index_html="B")[2:]

    async def push() -> httpx.Response:
        transport = httpx.ASGITransport(management.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.scm.localhost") as http:
            path = "/api/zipdeploy?isAsync=true"
            return await http.post(path, content=changed(), headers=management.publisher())

    refused = asyncio.run(push())
    assert refused.status_code == 409
    assert "WEBSITE_RUN_FROM_PACKAGE" in refused.text
    assert list_deployments(management.store, "shop") == ()
    assert list(management.server.temporary.iterdir()) == []


# Push events


def event(branch: str, port: int = 9, commit: str = "a") -> dict[str, object]:
    return {
        "ref": f"refs/heads/{branch}",
        "after": commit * 40,
        "repository": {"clone_url": f"http://127.0.0.1:{port}/{branch}.git"},
        "head_commit": {"message": commit, "author": {"name": "A", "email": "a@x"}},
    }


@contextmanager
def closing(after: threading.Event) -> Iterator[int]:
    """A server that closes each connection then; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    after.wait(FAR_SECONDS)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@dataclass(frozen=True, slots=True)
class Meeting(SiteDeployer):
    """The first two who find the lock free go on together. refused: somebody was too late."""

    free: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=FAR_SECONDS))
    met: set[str] = field(default_factory=set)
    refused: threading.Event = field(default_factory=threading.Event)

    def holder(self, site: str) -> LockHolder | None:
        found = SiteDeployer.holder(self, site)
        name = str(threading.get_ident())
        if found is None and name not in self.met and threading.current_thread().name.startswith("deploy"):
            self.met.add(name)
            self.free.wait()
        return found

    def deploy(
        self, request: Request, reserved: str = "", begun: Callable[[], None] = lambda: None
    ) -> Deployment:
        try:
            return SiteDeployer.deploy(self, request, reserved, begun)
        except Locked:
            self.refused.set()
            raise


def test_of_two_push_events_that_wait_none_is_lost(management: Management) -> None:
    deployer = Meeting(management.server, management.store, FakeHost(), management.clock)
    management.deploy_by(deployer)
    with closing(deployer.refused) as port:
        for commit, branch in (("a", "main"), ("b", "dev")):
            assert management.ask("POST", "/deploy", json=event(branch, port, commit)).status_code == 202
        assert management.context.background.wait(FAR_SECONDS)
    ended = list_deployments(management.store, "shop")
    assert deployer.refused.is_set()
    assert len(ended) == 2
    for each in ended:
        assert each.started is not None, each.status_text
        assert not each.temporary


def test_of_the_push_events_of_a_branch_that_wait_the_newest_is_made(management: Management) -> None:
    gone = threading.Event()
    gone.set()
    with closing(gone) as port:
        with management.context.deployer.hold("shop", "A deployment", "CI"):
            for commit, branch in (("a", "main"), ("b", "dev"), ("c", "main")):
                answer = management.ask("POST", "/deploy", json=event(branch, port, commit))
                assert answer.status_code == 202
            waiting = management.ask("GET", "/api/deployments").json()
            assert [each["is_temp"] for each in waiting] == [True] * 3
        assert management.context.background.wait(FAR_SECONDS)
    ended = {each.message: each for each in list_deployments(management.store, "shop")}
    assert {commit: each.temporary for commit, each in ended.items()} == {"a": True, "b": False, "c": False}
    older = ended["a"]
    assert older.status == Status.FAILED
    words = "A newer push event of this branch came while this one waited."
    assert older.status_text == f"{words} The newer one is {ended['c'].id}."
    (entry,) = management.ask("GET", f"/api/deployments/{older.id}/log").json()
    assert entry["message"] == words


# Cancelling


def test_only_the_deployment_that_is_named_is_cancelled(management: Management, tmp_path: Path) -> None:
    begun = management.ask("POST", "/api/zipdeploy?isAsync=true", content=that_waits_for(tmp_path / "go"))
    assert begun.status_code == 202
    assert management.ask("POST", "/deploy", json=event("main")).status_code == 202
    waits, runs = management.ask("GET", "/api/deployments").json()
    assert (waits["is_temp"], runs["is_temp"]) == (True, False)
    cancelled = management.ask("POST", f"/api/deployments/{waits['id']}/cancel")
    assert cancelled.status_code == 202
    while not (waits := management.ask("GET", f"/api/deployments/{waits['id']}").json())["complete"]:
        pass
    assert waits["status_text"].startswith("Cancelled by")
    assert not management.ask("GET", f"/api/deployments/{runs['id']}").json()["complete"]
    (tmp_path / "go").touch()
    assert management.context.background.wait(FAR_SECONDS)
    assert management.ask("GET", f"/api/deployments/{runs['id']}").json()["status"] == 4


def test_one_that_runs_is_cancelled_by_its_id(management: Management, tmp_path: Path) -> None:
    path = "/api/zipdeploy?isAsync=true&trackDeploymentProgress=true"
    begun = management.ask("POST", path, content=that_waits_for(tmp_path / "never"))
    name = begun.headers["SCM-DEPLOYMENT-ID"]
    assert management.ask("POST", f"/api/deployments/{name}/cancel").status_code == 202
    assert management.context.background.wait(FAR_SECONDS)
    assert management.ask("GET", f"/api/deployments/{name}").json()["status_text"].startswith("Cancelled by")


@dataclass(frozen=True, slots=True)
class Hindered(SiteDeployer):
    """hinder: is called between the moment in which a deployment begins and its waiter's hearing of it."""

    hinder: Callable[[str], None] = lambda deployment: None

    def deploy(
        self, request: Request, reserved: str = "", begun: Callable[[], None] = lambda: None
    ) -> Deployment:
        def late() -> None:
            self.hinder(request.id)
            begun()

        return SiteDeployer.deploy(self, request, reserved, late)


def test_one_that_is_cancelled_in_the_moment_in_which_it_begins_is_cancelled(management: Management) -> None:
    def hinder(deployment: str) -> None:
        answer = management.ask("POST", f"/api/deployments/{deployment}/cancel")
        assert answer.status_code == 202

    management.deploy_by(
        Hindered(management.server, management.store, FakeHost(), management.clock, hinder=hinder)
    )
    assert management.ask("POST", "/deploy", json=event("main")).status_code == 202
    assert management.context.background.wait(FAR_SECONDS)
    (ended,) = list_deployments(management.store, "shop")
    assert (ended.temporary, ended.status_text[:12]) == (False, "Cancelled by")
