"""A uv.lock that uv will refuse: no TOML, or without a package that its manifest asks for."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests import Manifests
from webstead.project.manifests.toml_file import read_toml
from webstead.project.tree import Tree

__all__ = ["uv_lock_faults"]

_MOST = 5


def uv_lock_faults(tree: Tree, manifests: Manifests) -> Iterator[Finding]:
    lock = manifests.of("lock")
    if lock is None or lock is not manifests.chosen:
        return
    problem = read_toml(tree, lock.path).problem
    if problem is not None:
        yield Finding(problem.text, "Write it anew: uv lock", problem.evidence)
        return
    absent = sorted({item.name for item in lock.listed} - lock.locked)
    if absent and lock.locked:
        named = ", ".join(absent[:_MOST]) + ("…" if len(absent) > _MOST else "")
        evidence = Evidence(lock.path, 0, f"it has no {named}")
        text = f"{lock.path} does not fit its pyproject.toml: {evidence.why}. The install will fail."
        yield Finding(text, "Write it anew, and look at what changes: uv lock", (evidence,))
