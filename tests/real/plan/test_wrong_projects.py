"""Each project of tests/wrong is wrong in one way; what is said of it is kept beside it, word for word.

To write the snapshots anew after a change that is meant: WEBSTEAD_UPDATE_SNAPSHOTS=1 scripts/test
tests/real/plan
"""

from __future__ import annotations

import os

import pytest

from tests.wrong_trees import WRONG, WrongTree, read_wrong_trees

TREES = read_wrong_trees()


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_what_is_said_of_a_wrong_project_is_its_snapshot(tree: WrongTree) -> None:
    told = tree.told()
    if os.environ.get("WEBSTEAD_UPDATE_SNAPSHOTS"):
        tree.snapshot.write_text(told, encoding="utf-8")
    assert tree.snapshot.is_file(), f"write it with WEBSTEAD_UPDATE_SNAPSHOTS=1: {tree.snapshot}"
    assert told == tree.snapshot.read_text(encoding="utf-8")


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_what_is_wrong_is_said_with_what_to_do(tree: WrongTree) -> None:
    lines = tree.told().splitlines()
    messages = [number for number, line in enumerate(lines) if line.startswith(("error:", "warning:"))]
    assert messages, "nothing is said"
    for begin, end in zip(messages, [*messages[1:], len(lines)], strict=True):
        assert any(line.startswith("fix:") for line in lines[begin:end]), lines[begin]


def test_every_snapshot_is_of_a_project() -> None:
    assert len(TREES) >= 80
    assert {path.relative_to(WRONG).with_suffix("").as_posix() for path in WRONG.glob("*/*.txt")} == {
        tree.name for tree in TREES
    }
