"""The plan of each example is kept beside it: documentation and test at once.

To write the snapshots anew after a change that is meant: WEBSTEAD_UPDATE_SNAPSHOTS=1 scripts/test
tests/real/plan
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from webstead.effects.files import DiskTree
from webstead.plan import Overrides, as_json, make_plan
from webstead.project.tree import IGNORED_FOLDERS

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
RUNNING = "3.12"  # whatever runs the tests: a snapshot does not follow it


def wwwroot(folder: Path) -> Path:
    inner = folder / "site" / "wwwroot"
    return inner if inner.is_dir() else folder


def planned(name: str) -> str:
    tree = DiskTree(wwwroot(EXAMPLES / name), {*IGNORED_FOLDERS, "plan.json"})
    return (
        json.dumps(as_json(make_plan(tree, Overrides(running=RUNNING))), indent=2, ensure_ascii=False) + "\n"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_of_an_example_is_its_snapshot(name: str) -> None:
    snapshot = EXAMPLES / name / "plan.json"
    text = planned(name)
    if os.environ.get("WEBSTEAD_UPDATE_SNAPSHOTS"):
        snapshot.write_text(text, encoding="utf-8")
    assert snapshot.is_file(), f"write it with WEBSTEAD_UPDATE_SNAPSHOTS=1: {snapshot}"
    assert json.loads(text) == json.loads(snapshot.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_starts_unasked(name: str) -> None:
    plan = json.loads(planned(name))
    assert plan["start"] is not None
    assert plan["questions"] == []


def test_there_are_examples() -> None:
    assert len(NAMES) >= 5
