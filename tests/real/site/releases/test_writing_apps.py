"""Apps that write at full speed while they are deployed to: nothing that they wrote is lost, nothing of
a deployment fails by it."""

from __future__ import annotations

import os
import random
import secrets
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.site_homes import Site
from tests.writing_app import DEPLOYED, WritingApp
from webstead.site.releases.aside import remove_set_aside
from webstead.site.releases.prune import prune_releases, releases_of

ROUNDS = int(os.environ.get("WEBSTEAD_ROUNDS", "40"))
"""Deployments; twenty a second. Races that were found by it took a hundred."""

SEED = int(os.environ.get("WEBSTEAD_SEED", "0")) or secrets.randbelow(10**6) + 1

TICK = 20_000_000
"""Nanoseconds in which two files may be written at the same time, as the file system has it."""


@pytest.mark.timeout(60 + ROUNDS)
def test_what_an_app_writes_during_deployments_is_all_there(running: Running) -> None:
    """Of each two releases, each has files of its own."""
    with ExitStack() as stack:
        app = stack.enter_context(running.app("odd", files=12, ways=9))
        for number in range(ROUNDS):
            running.deploy()
            names = "odd" if number % 2 else "even"
            following = stack.enter_context(running.app(names, files=12, ways=9))
            left = app.left()
            running.collect()
            assert {path: _text(running.site.www / path) for path in left} == left
            app = following


@pytest.mark.timeout(60 + ROUNDS)
def test_of_what_two_releases_write_to_one_file_the_newer_is_there(running: Running) -> None:
    newest: dict[str, int] = {}
    for _ in range(ROUNDS):
        with running.app("", files=100, ways=1) as old:
            running.deploy()
            with running.app("", files=100, ways=1) as new:
                newest |= {path: int(text or 0) for path, text in old.left().items()}
                running.collect()
                newest |= {path: int(text or 0) for path, text in new.left().items()}
        there = {path: int(_text(running.site.www / path) or 0) for path in newest}
        assert {path: time for path, time in newest.items() if there[path] < time - TICK} == {}


class Running:
    """A site with releases that an app writes to."""

    def __init__(self, root: Path) -> None:
        print(f"WEBSTEAD_SEED={SEED}")
        self.site = Site(root)
        self._chance = random.Random(SEED)
        self.deploy()

    def deploy(self) -> None:
        number = self.site.number + 1
        self.site.deploy({"app.py": f"{number}", f"{DEPLOYED}/code.py": "", f"{DEPLOYED}/{number}.py": ""})

    def app(self, names: str, files: int, ways: int) -> WritingApp:
        """Of the release that serves."""
        folder = self.site.home.folder_of(f"r{self.site.number}")
        return WritingApp(folder, self._chance.randrange(10**6), f"{names}-file", files, ways)

    def collect(self) -> None:
        old, new = f"r{self.site.number - 1}", f"r{self.site.number}"
        self.site.collect(old, new)
        remove_set_aside(self.site.home)
        prune_releases(self.site.home, set(releases_of(self.site.home)) - {old, new})
        assert {path.name for path in self.site.home.releases.iterdir()} <= {old, new, ".spare"}


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None
