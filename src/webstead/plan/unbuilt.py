"""The plan of a project whose packages nobody installs: it runs with what it brings."""

from __future__ import annotations

from dataclasses import replace

from webstead.plan.model import InstallStep, Plan
from webstead.project.evidence import Evidence

__all__ = ["without_build"]

_STAYS = frozenset({"environment", "vendored", "overlay", "metadata", "release"})
"""Steps that make no package of the project's manifests. `overlay` is what serves it, and not the app's."""


def without_build(plan: Plan, packages: str) -> Plan:
    """packages: the folder in it that its packages are in; "" for what the plan has found itself."""
    steps = [step for step in plan.install if step.kind in _STAYS]
    if packages:
        brought = InstallStep(
            "vendored",
            f"packages in {packages}, as they are",
            packages,
            evidence=(Evidence(packages, 0, "it was deployed with its packages"),),
        )
        steps = [step for step in steps if step.kind != "vendored"]
        at = next((n for n, step in enumerate(steps) if step.kind == "environment"), -1) + 1
        steps.insert(at, brought)
    return replace(plan, install=tuple(steps))
