"""Push events that wait for their turn, and the server ends: nobody sends them again, so the next server
makes their deployments."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.deployments import APP
from tests.loads import eventually
from tests.management import NOW
from tests.pusher import Pusher
from tests.real.services.test_process import served
from webstead.effects import SystemClock
from webstead.site.deploy.lock import hold
from webstead.site.homes import ServerHome
from webstead.site.store import Store, open_store
from webstead.site.store.deployments import list_deployments
from webstead.site.store.model import Deployment, Status
from webstead.site.store.push_events import waiting_push_events
from webstead.site.store.settings import write_settings
from webstead.site.store.sites import create_site

pytestmark = pytest.mark.needs("git")


def home_of(root: Path, site: str) -> tuple[ServerHome, Store]:
    server = ServerHome(root)
    server.make()
    store = open_store(server.database)
    create_site(store, site, now=NOW)
    server.site(site).make()
    return server, store


@pytest.fixture
def pusher(tmp_path: Path) -> Iterator[Pusher]:
    """A repository on another server, which deploys nothing of it."""
    server, store = home_of(tmp_path / "elsewhere", "shop")
    write_settings(store, "shop", "scm", {"SCM_DISABLE_DEPLOY_ON_PUSH": "1"})
    with served(server.root) as (_, client):
        yield Pusher(tmp_path / "work", store, client.base_url.port or 0)


@contextmanager
def asked(client: httpx.Client, server: ServerHome, *events: dict[str, object]) -> Iterator[None]:
    """While somebody else is at the site."""
    with hold(server.site("blog"), "A deployment", "ann", clock=SystemClock()):
        for event in events:
            answer = client.post("/deploy", json=event, headers={"Host": "blog.scm.localhost"})
            assert answer.status_code == 202, answer.text
        yield


def event(url: str, branch: str, commit: str) -> dict[str, object]:
    return {
        "ref": f"refs/heads/{branch}",
        "after": commit,
        "repository": {"clone_url": url},
        "head_commit": {"message": "say it", "author": {"name": "Ada", "email": "ada@example.org"}},
    }


def ended(store: Store) -> list[Deployment]:
    found = list_deployments(store, "blog")
    return list(found) if all(each.complete for each in found) else []


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_push_event_that_waits_outlives_the_server(tmp_path: Path, pusher: Pusher, end: int) -> None:
    server, store = home_of(tmp_path / "home", "blog")
    write_settings(store, "blog", "app", {"SCM_DO_BUILD_DURING_DEPLOYMENT": "false"})
    first, second = pusher.commit(APP % "one"), pusher.commit(APP % "two")
    assert pusher.push().returncode == 0
    with served(server.root) as (process, client):
        events = (event(pusher.url, "main", commit) for commit in (first, second))
        with asked(client, server, *events):
            process.send_signal(end)
            assert process.wait(15) in (0, -end), "it does not wait for what waits"
        assert waiting_push_events(store)[-1].id == second
    with served(server.root):
        eventually(lambda: len(ended(store)) == 1)
    (only,) = ended(store)
    assert (only.id, only.status, only.temporary) == (second, Status.SUCCESS, False), only.status_text
    assert (only.deployer, only.author, only.message) == ("127.0.0.1", "Ada", "say it")
    assert (server.site("blog").wwwroot / "app.py").read_text() == APP % "two"
    assert waiting_push_events(store) == ()


def test_one_that_waits_is_not_made_by_a_command_and_is_shown_as_it_is(
    tmp_path: Path, pusher: Pusher
) -> None:
    """Nobody serves the home: who lists its deployments begins none."""
    server, store = home_of(tmp_path / "home", "blog")
    commit = pusher.commit(APP % "one")
    with served(server.root) as (process, client), asked(client, server, event(pusher.url, "main", commit)):
        process.kill()
        process.wait()
    words = (sys.executable, "-m", "webstead", "deployments", "--home", str(server.root), "--json")
    done = subprocess.run(words, check=True, capture_output=True)
    (shown,) = json.loads(done.stdout)
    assert shown["state"] == "pending"
    assert len(waiting_push_events(store)) == 1
