"""Fuzz the decision how a project starts: `python fuzz start`.

Any bytes are the code of two files that import each other, a Dockerfile, a Procfile and appsvc.yaml: a plan
is made of them, whose start has words, and whose evidence lies in files that are there.
"""

from __future__ import annotations

from webstead.errors import WebsteadError
from webstead.plan import Overrides, Plan, make_plan
from webstead.project.tree import MemoryTree

__all__ = ["one"]

FILES = ("app.py", "core.py", "Dockerfile", "Procfile", "appsvc.yaml", "README.md")
OVERRIDES = Overrides(running="3.12")


def one(data: bytes) -> None:
    """data: the files, one after another, with a form feed between them."""
    parts = data.split(b"\f")
    files = dict(zip(FILES, parts, strict=False))
    try:
        plan = make_plan(MemoryTree(files), OVERRIDES)
    except WebsteadError:
        return  # words that only a person can put right
    _check(plan, files)


def _check(plan: Plan, files: dict[str, bytes]) -> None:
    if plan.start is None:
        if not plan.questions:
            raise AssertionError("neither a start nor a question")
        return
    if not plan.start.command or not plan.start.evidence:
        raise AssertionError(f"a start without words or evidence: {plan.start}")
    odd = [evidence.path for evidence in plan.start.evidence if evidence.path not in files]
    if odd:
        raise AssertionError(f"evidence in files that are not there: {odd}")
