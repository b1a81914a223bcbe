"""What survives deployments, against KuduSync itself: the published `kudusync` of npm, whose target folder is
compared with what our wwwroot shows, over random deployments and what people do between them.

Where they differ on purpose:

| what | KuduSync 0.2.3 | here |
|---|---|---|
| a deployed file that changed, with the size and time of the one before | stays | is the new one |
| a folder where the other has a file | fails, half done | the deployed one is seen, the other kept |
| a manifest that is named and missing | fails (on Linux) | is an empty one |
| byte code in `__pycache__` | stays without its source | is made anew |
| a person's link that leads out of the home | is followed | is not brought along |
| names that differ in the case of letters | are one | are two; a zip with both is refused |
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.site_homes import Site, seen
from webstead.site.releases.ignoring import IGNORED
from webstead.site.releases.manifest import parents_of

pytestmark = pytest.mark.needs("npm", "node")

FOLDERS = ("", "a/", "a/b/", "c/")
NAMES = st.builds(str.__add__, st.sampled_from(FOLDERS), st.sampled_from(["x.py", "y.txt", "deploy.cmd"]))
FILES = st.dictionaries(NAMES, st.sampled_from(["1", "22", "333"]), max_size=6)


@dataclass(frozen=True, slots=True)
class Turn:
    """What is deployed, and what a person does afterwards: writes these, removes those, makes folders."""

    deployed: Mapping[str, str]
    written: Mapping[str, str]
    removed: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()


TURNS = st.builds(
    Turn,
    FILES,
    FILES,
    st.frozensets(NAMES, max_size=3),
    st.frozensets(st.sampled_from(["a", "a/b", "c", "d/e", "d"]), max_size=2),
)


@pytest.fixture(scope="module")
def kudusync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "kudusync@0.2.3"]
    subprocess.run(words, cwd=folder, check=True, timeout=100, stdin=subprocess.DEVNULL)
    return folder / "node_modules/kudusync/bin/kudusync"


class Theirs:
    """A wwwroot that KuduSync deploys to."""

    def __init__(self, program: Path, root: Path) -> None:
        self._program = program
        self._root = root
        self.www = root / "wwwroot"
        self.www.mkdir(parents=True)
        self._number = 0

    def deploy(self, files: Mapping[str, str]) -> None:
        source = self._root / f"source{self._number}"
        source.mkdir()
        for path, text in files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
            os.utime(
                source / path, (self._number, self._number)
            )  # each deployment's files are of another time
        previous = self._root / f"manifest{self._number}"
        self._number += 1
        if self._number == 1:
            previous.write_text("hostingstart.html")
        words: list[str | Path] = [
            "node",
            self._program,
            "-f",
            source,
            "-t",
            self.www,
            "-p",
            previous,
            "-i",
            IGNORED.text,
        ]
        words += ["-n", self._root / f"manifest{self._number}", "-q"]
        subprocess.run(words, check=True, timeout=60, stdin=subprocess.DEVNULL, capture_output=True)

    @property
    def manifest(self) -> list[str]:
        return sorted((self._root / f"manifest{self._number}").read_text().split("\n"))


def act(www: Path, turn: Turn) -> None:
    for path in turn.removed:
        if (www / path).is_file():
            (www / path).unlink()
    for path, text in turn.written.items():
        (www / path).parent.mkdir(parents=True, exist_ok=True)
        (www / path).write_text(text)
    for path in turn.made:
        (www / path).mkdir(parents=True, exist_ok=True)


@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(turns=st.lists(TURNS, min_size=3, max_size=3))
@example(
    turns=[
        Turn({"a/x.py": "1", "c/x.py": "1"}, {"a/y.txt": "mine", "a/b/y.txt": "mine"}, made=frozenset({"d"})),
        Turn({"x.py": "1"}, {"a/y.txt": "edited"}, frozenset({"a/b/y.txt"})),
        Turn({"a/y.txt": "1"}, {}),
    ]
)
def test_what_is_seen_is_what_kudusync_leaves(
    tmp_path_factory: pytest.TempPathFactory, kudusync: Path, turns: list[Turn]
) -> None:
    root = tmp_path_factory.mktemp("kudusync")
    ours, theirs = Site(root / "ours"), Theirs(kudusync, root / "theirs")
    for turn in turns:
        folders = {f"{folder}/": "" for folder in parents_of(turn.deployed)}
        done, _ = ours.deploy(folders | {p: t for p, t in turn.deployed.items() if not IGNORED.covers(p)})
        theirs.deploy(turn.deployed)
        assert seen(ours.www) == seen(theirs.www)
        assert done.manifest.lines() == [line for line in theirs.manifest if line]
        act(ours.www, turn)
        act(theirs.www, turn)
    shutil.rmtree(root)
