"""A server that is killed while it deploys what was pushed: the branch stands where it stood, and the same
push deploys."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deployments import APP
from tests.loads import eventually
from tests.management import NOW, basic
from tests.pusher import Pusher
from tests.real.services.test_process import served
from webstead.host.confinement import FREE
from webstead.site.deploy.git import commit_of
from webstead.site.deploy.moving import Move, note_move, put_back
from webstead.site.deploy.repository import open_repository
from webstead.site.homes import ServerHome
from webstead.site.store import Store, open_store
from webstead.site.store.settings import write_settings
from webstead.site.store.sites import create_site, find_site

pytestmark = pytest.mark.needs("git")
NONE = "0" * 40


class Scene:
    def __init__(self, root: Path) -> None:
        self.server = ServerHome(root / "home")
        self.server.make()
        self.store: Store = open_store(self.server.database)
        create_site(self.store, "shop", now=NOW)
        self.home = self.server.site("shop")
        self.home.make()
        write_settings(self.store, "shop", "app", {"SCM_DO_BUILD_DURING_DEPLOYMENT": "false"})
        self.begun = root / "begun"
        self.pusher = Pusher(root / "work", self.store, 0)

    def pushed(self, text: str) -> str:
        """To a server that goes on; the commit."""
        commit = self.pusher.commit(APP % text)
        with served(self.server.root) as (_, client):
            done = self.push(client.base_url.port)
            assert done.returncode == 0, done.stderr
            assert "up-to-date" not in done.stderr
        assert self.text == APP % text
        return commit

    def push(self, port: int | None) -> subprocess.CompletedProcess[str]:
        self.pusher.port = port or 0
        self.pusher.url = self.pusher.url_of("shop")
        return self.pusher.push()

    def push_begins(self, port: int) -> subprocess.Popen[bytes]:
        self.pusher.port = port
        words = ["git", "push", self.pusher.url_of("shop"), "main"]
        return subprocess.Popen(words, cwd=self.pusher.folder, stderr=subprocess.DEVNULL)

    def killed(self, begin: Callable[[int], subprocess.Popen[bytes]]) -> None:
        """In the middle of a deployment that `begin` begins."""
        self.begun.unlink(missing_ok=True)
        write_settings(self.store, "shop", "app", {"COMMAND": f"touch {self.begun} && sleep 600"})
        with served(self.server.root) as (process, client):
            waiting = begin(client.base_url.port or 0)
            eventually(self.begun.exists)
            process.kill()
            process.wait()
            waiting.wait(60)
        write_settings(self.store, "shop", "app", {"COMMAND": ""})

    @property
    def text(self) -> str:
        return (self.home.wwwroot / "app.py").read_text()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_push_whose_deployment_was_killed_deploys_when_it_is_pushed_again(scene: Scene) -> None:
    first = scene.pushed("one")
    second = scene.pusher.commit(APP % "two")
    scene.killed(scene.push_begins)
    repository = open_repository(scene.home)
    assert commit_of(repository, "main").id == second, "git had taken it"
    assert scene.text == APP % "one"
    with served(scene.server.root) as (_, client):
        assert commit_of(repository, "main").id == first
        done = scene.push(client.base_url.port)
        assert done.returncode == 0, done.stderr
        assert "up-to-date" not in done.stderr
    assert scene.text == APP % "two"
    assert not list(scene.home.lock.parent.glob("move-*"))


def test_a_file_whose_deployment_was_killed_can_be_written_again(scene: Scene) -> None:
    scene.pushed("one")
    record = find_site(scene.store, "shop")
    assert record is not None
    credentials = basic("$shop", record.password.reveal())["Authorization"]
    content = scene.home.root / "sent"
    content.write_text(APP % "two")

    def words(port: int) -> list[str]:
        url = f"http://127.0.0.1:{port}/api/scmvfs/app.py"
        header = ["-H", f"Authorization: {credentials}", "-H", "If-Match: *"]
        return ["curl", "--silent", "--fail", *header, "--upload-file", str(content), url]

    scene.killed(lambda port: subprocess.Popen(words(port)))
    with served(scene.server.root) as (_, client):
        subprocess.run(words(client.base_url.port or 0), check=True)
    assert scene.text == APP % "two"


def test_what_serves_already_is_not_taken_back(scene: Scene) -> None:
    """Killed between the switch and the answer."""
    first = scene.pushed("one")
    second = scene.pushed("two")
    note_move(scene.home, Move("refs/heads/main", first, second)).release()
    put_back(scene.home, lambda: FREE)
    assert commit_of(open_repository(scene.home), "main").id == second
    assert not list(scene.home.lock.parent.glob("move-*"))


def test_a_push_that_goes_on_is_left_alone_and_a_note_that_is_half_is_none(scene: Scene) -> None:
    first = scene.pushed("one")
    noted = note_move(scene.home, Move("refs/heads/main", NONE, first))
    (scene.home.lock.parent / "move-half.json").write_text('{"ref": "refs')
    put_back(scene.home, lambda: FREE)
    (left,) = scene.home.lock.parent.glob("move-*")
    noted.settle()
    noted.release()
    assert not left.exists()


def test_a_first_push_that_was_killed_leaves_no_branch(scene: Scene) -> None:
    scene.pusher.commit(APP % "one")
    scene.killed(scene.push_begins)
    with served(scene.server.root) as (_, client):
        assert scene.push(client.base_url.port).returncode == 0
    assert scene.text == APP % "one"
