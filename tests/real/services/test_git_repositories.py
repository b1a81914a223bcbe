"""Reference 1.14: `/git/{path}` serves any repository below the home, to real git over real HTTP."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.management import Management
from tests.pusher import Pusher, listening


@pytest.fixture
def pusher(tmp_path: Path) -> Iterator[Pusher]:
    management = Management(tmp_path / "home", "shop")
    subprocess.run(
        ["git", "init", "--quiet", "--bare", management.server.site("shop").data / "notes"], check=True
    )
    with listening(management) as port:
        made = Pusher(tmp_path / "person", management.store, port)
        made.url = made.url.replace("/shop.git", "/git/data/notes")
        yield made


def home_of(pusher: Pusher) -> Path:
    return pusher.folder.parent / "home/sites/shop"


def test_a_push_and_a_clone_and_nothing_is_deployed(pusher: Pusher) -> None:
    commit = pusher.commit("a note")
    pushed = pusher.push("main")
    assert pushed.returncode == 0, pushed.stderr
    pusher.git("clone", "--quiet", "--branch=main", pusher.url, "again")
    assert pusher.git("-C", "again", "rev-parse", "HEAD") == commit
    assert not (home_of(pusher) / "site/wwwroot").exists() or not list(
        (home_of(pusher) / "site/wwwroot").iterdir()
    )
    assert pusher.run("push", pusher.url.replace("/git/", "/GIT/"), "main:other").returncode == 0


def test_a_working_copy_is_fetched_from(pusher: Pusher) -> None:
    copy = home_of(pusher) / "data/copy"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", copy], check=True)
    words = ["git", "-C", str(copy), "-c", "user.name=Ada", "-c", "user.email=a@b.c"]
    subprocess.run([*words, "commit", "--quiet", "--allow-empty", "-m", "one"], check=True)
    url = pusher.url.replace("data/notes", "data/copy")
    assert pusher.git("ls-remote", url, "main").endswith("refs/heads/main")


@pytest.mark.parametrize("path", ["data/none", "data", "../../..", "data/led-out", "site/repository"])
def test_what_is_no_repository_of_its_own_is_not_found(pusher: Pusher, path: str) -> None:
    outside = pusher.folder.parent / "outside"
    subprocess.run(["git", "init", "--quiet", "--bare", outside], check=True)
    (home_of(pusher) / "data/led-out").symlink_to(outside)
    subprocess.run(["git", "init", "--quiet", "--bare", home_of(pusher) / "site/repository"], check=True)
    asked = pusher.run("ls-remote", pusher.url.replace("data/notes", path))
    assert asked.returncode != 0
    assert "not found" in asked.stderr or "400" in asked.stderr


def test_git_s_old_protocol_is_told_to_be_too_old(pusher: Pusher) -> None:
    asked = subprocess.run(
        ["curl", "-sS", "-w", "%{http_code}", f"{pusher.url}/info/refs"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.endswith("403")
