"""The start command of each tree of the corpus: right in at least 97 of 100, and never a wrong one in
silence."""

from __future__ import annotations

import pytest

from tests.corpus_trees import judge, parse_tree, read_corpus, shown

TREES = {tree.name: tree for tree in read_corpus()}
LEAST_RIGHT = 0.97

ASKED_THOUGH_ONE_IS_RIGHT: frozenset[str] = frozenset()
"""Trees that are asked about although one answer is right; each with its reason in `why`."""


@pytest.mark.parametrize("name", sorted(TREES))
def test_a_tree_gets_its_start_or_is_known_to_be_asked_about(name: str) -> None:
    tree = TREES[name]
    plan = tree.plan()
    wanted = "asked" if name in ASKED_THOUGH_ONE_IS_RIGHT else "right"
    assert judge(tree, plan) == wanted, f"{tree.expected.kind} {tree.expected.words}; {shown(plan)}"


def test_the_corpus_is_large_and_mostly_right() -> None:
    assert len(TREES) >= 250
    assert 1 - len(ASKED_THOUGH_ONE_IS_RIGHT) / len(TREES) >= LEAST_RIGHT


def test_a_wrong_start_is_seen() -> None:
    """The judge can say no: for another app, another folder, another interface, and words left unsaid."""
    app = "from fastapi import FastAPI\napp = FastAPI()\n"
    for header in ("wsgi m:app", "asgi m:other", "asgi m:app\nin: src", "asgi m:app\nsays: a warning"):
        tree = parse_tree("x/y", f"expect: {header}\nwhy: it is wrong\n=== m.py\n{app}")
        assert judge(tree, tree.plan()) == "silent"


def test_a_tree_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="why"):
        parse_tree("x/y", "expect: asgi m:app\n=== m.py\n")
