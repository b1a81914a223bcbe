"""git of a site with a system user of its own: it runs as that user, in a repository that is the user's, and
a push, a fetch, a commit by the API and a redeployment come to the same as without one."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from tests.deployments import APP
from tests.loads import eventually
from tests.management import Management
from tests.pusher import Pusher, begun, listening, of_git
from webstead.effects import SystemClock
from webstead.services.application import make_app
from webstead.services.site_deployer import SiteDeployer
from webstead.site.homes import SiteHome
from webstead.site.server.orders import NoHost
from webstead.site.store.model import SiteOptions
from webstead.site.store.settings import write_settings
from webstead.site.store.sites import set_options

NOBODY = 65534
pytestmark = pytest.mark.needs("git")


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with the sites `shop`, which has a user, and `blog`, which has none."""

    management: Management
    home: SiteHome
    blog: SiteHome
    pusher: Pusher

    def ask(
        self, method: str, path: str, content: bytes | None = None, json: object = None
    ) -> httpx.Response:
        return self.management.ask(method, path, content=content, json=json)

    @property
    def text(self) -> str:
        return (self.home.wwwroot / "app.py").read_text()


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """In a folder that every user can enter, with a Python that every user can run."""
    with TemporaryDirectory(prefix="webstead-test-") as made:
        root = Path(made)
        root.chmod(0o755)
        monkeypatch.setenv("WEBSTEAD_CACHE_DIR", str(root / "cache"))
        monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
        monkeypatch.setenv("SECRET_OF_THE_SERVER", "x")
        management = Management(root / "home", "shop", "blog")
        server, store, clock = management.server, management.store, SystemClock()
        deployer = SiteDeployer(server, store, NoHost(), clock)
        management.app = make_app(replace(management.context, deployer=deployer, clock=clock))
        for name in ("shop", "blog"):
            write_settings(store, name, "app", {"SCM_DO_BUILD_DURING_DEPLOYMENT": "false"})
        set_options(store, "shop", SiteOptions(user=str(NOBODY)))
        with listening(management) as port:
            pusher = Pusher(root / "work", store, port)
            yield Scene(management, server.site("shop"), server.site("blog"), pusher)


def we_are_root(scene: Scene) -> bool:
    if os.geteuid() == 0:
        return True
    scene.pusher.commit(APP % "one")
    assert scene.pusher.push().returncode != 0, "only root can be another user"
    return False


def test_a_push_is_received_and_deployed_as_the_user(scene: Scene) -> None:
    if not we_are_root(scene):
        return
    commit = scene.pusher.commit(APP % "one")
    done = scene.pusher.push()
    assert done.returncode == 0, done.stderr
    assert scene.text == APP % "one"
    assert stat.S_IMODE(scene.home.repository.stat().st_mode) == 0o700
    for path in (scene.home.repository, *scene.home.repository.rglob("*")):
        assert path.lstat().st_uid == NOBODY, path
    for path in scene.home.releases.rglob("*"):
        assert path.lstat().st_uid == 0, f"{path} is ours"
    scene.pusher.commit(APP % "two")
    assert scene.pusher.push().returncode == 0
    assert scene.ask("PUT", f"/api/deployments/{commit}").status_code == 200
    assert scene.text == APP % "one"
    clone = scene.pusher.folder.parent / "clone"
    scene.pusher.git("clone", "--quiet", "--branch", "main", scene.pusher.url, str(clone))
    assert (clone / "app.py").read_text() == APP % "two"


@pytest.mark.parametrize("service", ["upload-pack", "receive-pack"])
def test_the_user_learns_nothing_of_the_servers_environment(scene: Scene, service: str) -> None:
    """A process's variables can be read by its user."""
    if not we_are_root(scene):
        return
    assert scene.ask("GET", "/api/scmvfs/").status_code == 200, "the repository is there"
    authorization = scene.management.publisher()["Authorization"]
    with begun(scene.pusher.port, "shop", authorization, service, b""):
        eventually(lambda: bool(of_git(scene.home.repository)))
        for process in of_git(scene.home.repository):
            assert process.uids().real == NOBODY
            assert "SECRET_OF_THE_SERVER" not in process.environ()
            assert process.environ()["HOME"] == str(scene.home.root)


def test_a_file_of_the_repository_is_committed_as_the_user(scene: Scene) -> None:
    if not we_are_root(scene):
        return
    made = scene.ask("PUT", "/api/scmvfs/app.py", content=(APP % "one").encode())
    assert made.status_code == 201, made.text
    assert scene.text == APP % "one"
    assert scene.ask("GET", "/api/scmvfs/app.py").text == APP % "one"
    assert scene.ask("PUT", "/api/scmvfs/more.txt", content=b"more").status_code == 201
    tag = {"If-Match": "*"}
    assert scene.management.ask("DELETE", "/api/scmvfs/more.txt", headers=tag).status_code == 200
    assert not (scene.home.wwwroot / "more.txt").exists()
    for path in scene.home.repository.rglob("*"):
        assert path.lstat().st_uid == NOBODY, path


def test_another_repository_is_fetched_as_the_user_with_its_submodules(scene: Scene) -> None:
    if not we_are_root(scene):
        return
    pusher, url = scene.pusher, scene.pusher.url_of("blog")
    pusher.commit(APP % "library")
    assert pusher.push_to("blog", "main:refs/heads/library").returncode == 0
    pusher.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "-b", "library", url, "library"
    )
    pusher.commit(APP % "fetched")
    assert pusher.push_to("blog", "main:refs/heads/dev").returncode == 0
    answer = scene.ask("POST", "/deploy", json={"format": "basic", "url": f"{url}#dev"})
    assert answer.status_code == 200, answer.text
    assert scene.text == APP % "fetched"
    assert (scene.home.wwwroot / "library" / "app.py").read_text() == APP % "library"
    assert not list(scene.home.folder_of(scene.home.release or "").rglob(".git"))
    (deployment,) = scene.ask("GET", "/api/deployments").json()
    again = scene.ask("PUT", f"/api/deployments/{deployment['id']}")
    assert again.status_code == 200, again.text
    assert scene.ask("GET", f"/api/deployments/{deployment['id']}").json()["status"] == 4


def test_a_repository_that_was_the_servers_becomes_the_users(scene: Scene) -> None:
    if not we_are_root(scene):
        return
    set_options(scene.management.store, "shop", SiteOptions())
    scene.pusher.commit(APP % "one")
    assert scene.pusher.push().returncode == 0
    assert scene.home.repository.stat().st_uid == 0
    for user, owner in ((str(NOBODY), NOBODY), ("", 0)):
        set_options(scene.management.store, "shop", SiteOptions(user=user))
        scene.pusher.commit(APP % f"by {owner}")
        done = scene.pusher.push()
        assert done.returncode == 0, done.stderr
        assert scene.text == APP % f"by {owner}"
        assert {path.lstat().st_uid for path in scene.home.repository.rglob("*")} == {owner}


def test_a_link_in_the_place_of_the_repository_is_refused(scene: Scene) -> None:
    if not we_are_root(scene):
        return
    scene.home.repository.symlink_to(scene.home.data)
    before = scene.blog.root.stat()
    scene.pusher.commit(APP % "one")
    assert scene.pusher.push().returncode != 0
    assert list(scene.home.data.iterdir()) == []
    assert scene.blog.root.stat() == before


def test_what_the_user_puts_into_its_repository_reaches_nothing_of_others(scene: Scene) -> None:
    """Files that git writes to, as links to others' files; a pipe, which would let a reader wait."""
    if not we_are_root(scene):
        return
    scene.pusher.commit(APP % "one")
    assert scene.pusher.push().returncode == 0
    victim = scene.blog.root / "victim"
    victim.write_text("as it was")
    logs = scene.home.repository / "logs" / "refs" / "heads"

    def plant() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    script = (
        f"mkdir -p {logs} && ln -s {victim} {logs}/main && ln -sf {victim} {scene.home.repository}/FETCH_HEAD"
        f" && rm {scene.home.repository}/config && mkfifo {scene.home.repository}/config"
    )
    subprocess.run(["/bin/sh", "-c", script], check=True, preexec_fn=plant)
    scene.pusher.commit(APP % "two")
    assert scene.pusher.push().returncode != 0, "the user cannot write there"
    (logs / "main").unlink()
    assert scene.pusher.push().returncode == 0
    url = f"{scene.pusher.url}#main"
    scene.ask("POST", "/deploy", json={"format": "basic", "url": url})
    assert victim.read_text() == "as it was"
