"""A server that is killed at any moment of a deployment: the old release serves or the new one, whole;
nothing unfinished is left behind; what the app has written is there, and records are true."""

from __future__ import annotations

import itertools
import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from tests.kills import Attempt, Kill, aims
from tests.loads import eventually
from tests.numbered import answer_of, differences, package
from tests.serving import SHOP, Server, new_home, serving
from webstead.effects.lock import try_locked
from webstead.site.homes import ServerHome
from webstead.site.store.activations import activations
from webstead.site.store.deployments import list_deployments
from webstead.site.store.model import Status

KILLS = int(os.environ.get("WEBSTEAD_KILLS", "7"))
"""200 for a thorough run, which takes a quarter of an hour."""

SEED = int(os.environ.get("WEBSTEAD_SEED", "0")) or secrets.randbelow(10**6) + 1
"""That a run has printed, for the same moments again."""

START_SECONDS = 20.0
"""In which a server that was killed has to serve again. It takes one or two; CI has other work, too."""


NAMES = 30
"""Of the files that each client writes, over and over."""


class Writers:
    """Clients that have the app write files, some of them slowly, so that old instances are not done when
    the new ones take over. written: the number that was written last to each file, and answered as done."""

    def __init__(self, url: str, first: int) -> None:
        self.written: dict[str, int] = {}
        self.failures: list[str] = []
        self._url = url
        self._numbers = itertools.count(first)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(after,)) for after in (0.01, 0.3)]
        for each in self._threads:
            each.start()

    def _write(self, after: float) -> None:
        with httpx.Client(timeout=30) as http:
            while not self._over.is_set():
                number = next(self._numbers)
                name = f"{after}-{number % NAMES}"
                asked: dict[str, str | float] = {"put": name, "text": number, "after": after}
                try:
                    answer = http.get(f"{self._url}/", params=asked, headers=SHOP)
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                    self._over.wait(0.05)
                    continue
                if answer.status_code == 200:
                    self.written[name] = number
                else:
                    self.failures.append(f"{answer.status_code}: {answer.text[:300]}")

    def end(self) -> None:
        self._over.set()
        for each in self._threads:
            each.join()


@pytest.mark.timeout(60 + KILLS * 12)
def test_a_server_killed_at_any_moment_of_a_deployment_comes_back_with_the_old_or_the_new(
    tmp_path: Path,
) -> None:
    print(f"WEBSTEAD_SEED={SEED}")
    killing = _Killing(new_home(tmp_path / "home"), tmp_path / "cache")
    with killing.stack:
        killing.begin()
        for aim in aims(KILLS, random.Random(SEED)):
            print(aim)
            killing.once(aim)
    print(f"{KILLS} kills: {dict(killing.hit)}; {dict(killing.ended)}; longest start {killing.longest:.1f} s")


class _Killing:
    """One home, and one server after the other."""

    def __init__(self, home: ServerHome, cache: Path) -> None:
        self.stack = ExitStack()
        self.hit: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.longest = 0.0
        self._home = home
        self._cache = cache
        self._number = 0
        self._written: dict[str, int] = {}

    def begin(self) -> None:
        self._start()
        assert self._server.deploy(package(0, builds=True), build="true").status_code == 200
        assert self._server.ask() == (200, answer_of(0, builds=True))

    def _start(self) -> None:
        self.stack.close()
        began = time.monotonic()
        env = {"WEBSTEAD_CACHE_DIR": str(self._cache)}
        self._server: Server = self.stack.enter_context(serving(self._home, env=env, seconds=START_SECONDS))
        self.longest = max(self.longest, time.monotonic() - began)

    def once(self, aim: Kill) -> None:
        old, new = self._current(), self._number + 1
        self._number = new
        writers = Writers(self._server.note.url, max(self._written.values(), default=0) + 1000)
        attempt = Attempt(self._server, package(new, builds=True), f"number {new}")
        try:
            attempt.run(aim)
        finally:
            writers.end()
        self.hit += attempt.hit
        self._written |= writers.written
        if aim.mode in ("all", "supervisor"):
            self._start()
        elif aim.mode == "management":
            assert not writers.failures, "the sites do not need the management"
        self._await_the_end()
        status, text = self._server.ask()
        assert status == 200, f"{text}\n{self._server.up.output}"
        serves = int(text.split()[0])
        assert text == answer_of(serves, builds=True)
        assert serves in ((new,) if attempt.status == 200 else (old, new))
        self.ended["new" if serves == new else "old"] += 1
        self._check_releases(serves)
        self._check_records(serves, new)
        self._check_leftovers()

    def _current(self) -> int:
        return int((self._server.site.wwwroot / "second.txt").read_text())

    def _await_the_end(self) -> None:
        """Of what goes on: a deployment whose client lost only the front."""

        def ended() -> bool:
            try:
                found = self._server.manage("/api/deployments")
            except httpx.HTTPError:
                return False
            return found.status_code == 200 and all(each["complete"] for each in found.json())

        eventually(ended, seconds=START_SECONDS)
        eventually(lambda: not self._server.site.lock.with_suffix(".json").exists())

    def _check_releases(self, serves: int) -> None:
        site = self._server.site
        assert differences(site.wwwroot, builds=True) == []
        for folder in site.releases.iterdir():
            assert folder.name == _SPARE or differences(folder, builds=True) == []
        for name, number in self._written.items():
            for path in (f"notes/{name}", f"note-{name}"):
                found = int((site.wwwroot / path).read_text())
                assert found >= number, f"{path} is of {found}, not of {number}, in {serves}"

    def _check_records(self, serves: int, new: int) -> None:
        site, found = self._server.site, list_deployments(self._server.store, "shop")
        assert all(each.complete for each in found)
        current = next(each for each in found if each.message in (f"number {serves}", _FIRST))
        assert (current.status, current.release) == (Status.SUCCESS, site.release)
        assert activations(self._server.store, "shop")[0].release == site.release
        for each in found:
            if each.message == f"number {new}" != f"number {serves}":
                assert each.status == Status.FAILED
                assert each.status_text.startswith(_SAID), each.status_text

    def _check_leftovers(self) -> None:
        """No half file, no lock, no process."""
        site = self._server.site
        assert list(self._home.temporary.iterdir()) == []
        self._await_no_half()
        known = {each.id for each in list_deployments(self._server.store, "shop")}
        there = {path.name for path in site.releases.iterdir()}
        kept = {path.name for path in site.deployments.iterdir() if path.is_dir()}
        assert kept <= known | there
        with try_locked(site.lock) as held:
            assert held is not None
        assert [path.name for path in site.lock.parent.iterdir()] == [site.lock.name]
        eventually(lambda: not self._strangers())

    def _await_no_half(self) -> None:
        """A server that runs writes such files, too."""
        left: list[str] = []

        def is_none_left() -> bool:
            left[:] = _half(self._home.root)
            return not left

        try:
            eventually(is_none_left)
        except AssertionError:
            raise AssertionError(f"{left}\n{self._server.up.output}") from None

    def _strangers(self) -> list[psutil.Process]:
        """Processes of the site that no server has."""
        own = {each.pid for each in self._server.up.family()}
        return [each for each in psutil.process_iter() if each.pid not in own and self._is_of_site(each)]

    def _is_of_site(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("HOME") == str(self._server.site.root)
        except psutil.Error:
            return False


_SPARE = ".spare"
_SAID = (
    "The server ended in the middle of this deployment: ",
    "The supervisor ",  # does not answer: the management has outlived it for a moment
)
_FIRST = "Created via a push deployment"


def _half(root: Path) -> Iterator[str]:
    """What was written under a temporary name, and never got its own."""
    for at, folders, files in os.walk(root):
        for name in (*folders, *files):
            if name.endswith(".part") or name.startswith(".wwwroot."):
                yield f"{at}/{name}"
