"""Restart on change, seen by the real inotify and by scanning: what is told, once, and what is not."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.observed import open_descriptors
from webstead.gateway.watch.inotify import InotifyWatcher
from webstead.gateway.watch.scan import ScanWatcher
from webstead.gateway.watch.tree import OVERFLOW, Change, Tree, Watcher
from webstead.gateway.watch.watch import Watch, open_watcher
from webstead.gateway.wfastcgi.settings import DEFAULT_RESTART

SECONDS = 20
QUIET = 0.1
Opener = Callable[[Tree, Callable[[str], None]], Watcher]


def scanning(tree: Tree, tell: Callable[[str], None]) -> Watcher:
    return ScanWatcher(tree, every=0.05)


class Site:
    """A watched folder. The mark is a file that matches: when it is told of, all before it has been seen."""

    def __init__(self, root: Path, opener: Opener) -> None:
        self.root = root
        self.told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.lines: list[str] = []
        self._opener = opener
        self._watch: Watch | None = None
        self._marks = 0

    def watch(self, regex: str = DEFAULT_RESTART) -> None:
        self._watch = Watch(str(self.root), regex, self.told.put, self.lines.append, self._opener, QUIET)
        self._watch.start()

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()

    def next(self) -> str:
        return self.told.get(timeout=SECONDS)

    def quiet(self) -> None:
        """Nothing was told of before this."""
        self._marks += 1
        name = f"mark{self._marks}.config"
        (self.root / name).touch()
        assert self.next() == name
        assert self.told.empty()


@pytest.fixture(params=[open_watcher, scanning], ids=["inotify", "scan"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    root = tmp_path / "site"
    root.mkdir()
    (root / "app.py").write_text("1")
    (root / "pkg").mkdir()
    (root / "pkg" / "mod.py").write_text("1")
    (root / "static").mkdir()
    (root / "static" / "a.css").write_text("1")
    site = Site(root, request.param)
    yield site
    site.close()


def test_linux_has_inotify(tmp_path: Path) -> None:
    watcher = open_watcher(Tree(str(tmp_path), ".*"), pytest.fail)
    assert isinstance(watcher, InotifyWatcher)
    watcher.close()
    assert watcher.wait(SECONDS) == ()


def write(path: Path) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text("changed, and longer")


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "write": (lambda root: write(root / "app.py"), "app.py"),
    "write below": (lambda root: write(root / "pkg" / "mod.py"), "pkg/mod.py"),
    "create": (lambda root: write(root / "pkg" / "new.py"), "pkg/new.py"),
    "delete": (lambda root: (root / "pkg" / "mod.py").unlink(), "pkg/mod.py"),
    "touch": (lambda root: os.utime(root / "app.py", (1, 1)), "app.py"),
    "rename to": (lambda root: (root / "static" / "a.css").rename(root / "static" / "a.py"), "static/a.py"),
    "rename from": (lambda root: (root / "app.py").rename(root / "app.old"), "app.py"),
    "replace": (lambda root: (root / "static" / "a.css").replace(root / "app.py"), "app.py"),
    "move in": (lambda root: shutil.copytree(root / "pkg", root.parent / "x").rename(root / "x"), "x/mod.py"),
    "move out": (lambda root: (root / "pkg").rename(root.parent / "away"), "pkg/mod.py"),
    "new folders": (lambda root: write(root / "n" / "e" / "w" / "deep.py"), "n/e/w/deep.py"),
    "remove a tree": (lambda root: shutil.rmtree(root / "pkg"), "pkg/mod.py"),
    "configuration": (lambda root: write(root / "web.config"), "web.config"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_kind_of_change_is_told_once(site: Site, name: str) -> None:
    change, path = CHANGES[name]
    site.watch()
    change(site.root)
    assert site.next() == path
    site.quiet()
    assert not site.lines


def test_a_renamed_folder_is_watched_under_its_new_name(site: Site) -> None:
    site.watch()
    (site.root / "pkg").rename(site.root / "other")
    assert site.next() in ("pkg/mod.py", "other/mod.py")
    write(site.root / "other" / "mod.py")
    assert site.next() == "other/mod.py"
    shutil.rmtree(site.root / "other")
    assert site.next() == "other/mod.py"


def test_a_deployment_is_told_once(site: Site) -> None:
    site.watch()
    for number in range(500):
        write(site.root / f"folder{number % 7}" / f"module{number}.py")
    site.next()
    site.quiet()


IGNORED: dict[str, Callable[[Path], object]] = {
    "another file": lambda root: write(root / "static" / "b.css"),
    "a new folder of others": lambda root: write(root / "media" / "b.jpg"),
    "byte code": lambda root: write(root / "__pycache__" / "x.py"),
    "git": lambda root: write(root / "pkg" / ".git" / "hook.py"),
    "packages of node": lambda root: write(root / "node_modules" / "gyp" / "gyp.py"),
    "a virtual environment": lambda root: write(root / "env" / "lib" / "site.py"),
    "behind a link": lambda root: write(root / "outer" / "x.py"),
    "around a circle": lambda root: write(root / "static" / "circle" / "static" / "b.css"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_what_does_not_matter_is_not_told(site: Site, name: str) -> None:
    write(site.root / "env" / "pyvenv.cfg")
    write(site.root.parent / "outer" / "x.py")
    (site.root / "outer").symlink_to(site.root.parent / "outer")
    (site.root / "static" / "circle").symlink_to(site.root)
    site.watch()
    IGNORED[name](site.root)
    site.quiet()


@pytest.mark.parametrize("regex", [r"env/.*\.py$", r"env\\.*\.py$", r".*\benv\b.*"])
def test_a_folder_that_the_expression_names_is_watched(site: Site, regex: str) -> None:
    write(site.root / "env" / "pyvenv.cfg")
    write(site.root / "env" / "lib" / "site.py")
    site.watch(regex)
    os.utime(site.root / "env" / "lib" / "site.py", (1, 1))
    assert site.next() == "env/lib/site.py"


def test_the_expression_is_matched_from_the_start_with_either_separator(site: Site) -> None:
    site.watch(r"pkg\\mod|pkg/other|mark")
    write(site.root / "static" / "pkg" / "mod.py")
    site.quiet()
    write(site.root / "pkg" / "mod.py")
    assert site.next() == "pkg/mod.py"
    write(site.root / "pkg" / "other")
    assert site.next() == "pkg/other"


def test_a_folder_that_goes_and_comes_back_is_watched_again(site: Site) -> None:
    site.watch()
    shutil.rmtree(site.root)
    first = site.next()
    assert first in ("app.py", "pkg/mod.py", "")
    write(site.root / "app.py")
    while site.next() != "app.py":
        pass


def test_nothing_is_told_after_close(site: Site) -> None:
    site.watch()
    site.close()
    write(site.root / "app.py")
    for thread in threading.enumerate():
        if thread.name == "watch":
            thread.join(SECONDS)
            assert not thread.is_alive()
    assert site.told.empty()
    before = open_descriptors()
    Watch(str(site.root), ".*", pytest.fail).close()
    assert open_descriptors() == before


class Failing:
    """A watcher that ends for good at its first use."""

    def wait(self, timeout: float | None) -> Sequence[Change]:
        raise OSError("used up")

    def close(self) -> None:
        raise AssertionError("it has let go of everything itself")


def test_when_a_way_fails_the_folder_is_read_instead(tmp_path: Path) -> None:
    site = Site(tmp_path, lambda tree, tell: Failing())
    site.watch()
    assert site.next() == "", "what it missed may have been anything"
    assert site.lines == ["changes of files are looked for by reading the folder again and again: used up"]
    write(tmp_path / "app.py")
    assert site.next() == "app.py"
    site.close()


USED_UP = """
import resource, sys
from webstead.gateway.watch.watch import open_watcher
from webstead.gateway.watch.tree import Tree
tree = Tree(sys.argv[1], ".*")
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
lowest = open(sys.argv[1] + "/app.py")
import webstead.gateway.watch.inotify
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest.fileno() + 1, hard))
watcher = open_watcher(tree, print)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(type(watcher).__name__)
"""


def test_where_inotify_is_used_up_the_log_says_so(tmp_path: Path) -> None:
    write(tmp_path / "app.py")
    source = str(Path(__file__).parents[3] / "src")
    env = {**os.environ, "PYTHONPATH": source, "PYTHONWARNINGS": "ignore"}
    words = [sys.executable, "-c", USED_UP, str(tmp_path)]
    done = subprocess.run(words, env=env, timeout=SECONDS, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "changes of files are looked for by reading the folder again and again: "
        "[Errno 24] no more inotify instances (fs.inotify.max_user_instances) or open files",
        "ScanWatcher",
    ]


def test_an_overflow_counts_as_a_change_and_the_tree_is_read_anew(tmp_path: Path) -> None:
    tree = Tree(str(tmp_path), DEFAULT_RESTART)
    write(tmp_path / "pkg" / "mod.py")
    assert tree.affected(OVERFLOW) == ""
    shutil.rmtree(tmp_path / "pkg")
    assert tree.affected(Change("pkg", True)) == "pkg/mod.py"
    assert tree.affected(Change("pkg", True)) is None
