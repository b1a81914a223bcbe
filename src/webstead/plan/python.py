"""Which Python the site runs on, and what the project's places say about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from packaging.version import Version

from webstead.plan.model import PlanWarning, PythonChoice
from webstead.plan.overrides import Overrides
from webstead.plan.support import OLDEST_SUPPORTED
from webstead.project import Evidence, Project
from webstead.project.python_version import disagreements

__all__ = ["choose_python", "hint_warning", "with_agreeing_hints"]

_GATEWAY_NEEDS = "3.9"


def choose_python(project: Project, overrides: Overrides) -> tuple[PythonChoice, tuple[PlanWarning, ...]]:
    """--runtime, else the most exact statement of the project, else the Python that Webstead runs on."""
    if overrides.runtime:
        evidence = Evidence("--runtime", 0, "given on the command line")
        return PythonChoice(overrides.runtime, _implementation(overrides.runtime), (evidence,)), ()
    warnings = tuple(
        PlanWarning(f.text, f.fix, f.evidence, "python-conflict") for f in disagreements(project.python)
    )
    if not project.python:
        return PythonChoice(overrides.running, "cpython"), warnings
    first = project.python[0]
    agreeing = tuple(s.evidence for s in project.python if s.allows(first))
    old = _old(first.version) if first.exact else None
    if old:
        warnings += (
            PlanWarning(
                f"{first.evidence.where} asks for Python {first.version}, {old}.", "", agreeing, "python-old"
            ),
        )
    return PythonChoice(first.version, first.implementation, agreeing), warnings


def hint_warning(hint: str, python: PythonChoice, evidence: Evidence) -> PlanWarning | None:
    """A version that a Windows path names decides nothing: that Python is on another machine. It is said,
    once."""
    if _agrees(hint, python):
        return None
    old = _old(hint)
    state = f", {old}" if old else ""
    text = f"{evidence.where} names Python {hint}{state}; this site runs on {python.version}."
    fix = "" if old else f"To run on that version: --runtime {hint}"
    return PlanWarning(
        text,
        fix or f"--runtime chooses another; the gateway needs {_GATEWAY_NEEDS} or later.",
        (evidence,),
        "python-old" if old else "python-other",
    )


def with_agreeing_hints(python: PythonChoice, hints: Iterable[tuple[str, Evidence]]) -> PythonChoice:
    """When nothing else states a version, a path that names the one that is taken is worth showing."""
    agreeing = {
        replace(evidence, why=f"names Python {hint}, which agrees")
        for hint, evidence in hints
        if not python.evidence and _agrees(hint, python)
    }
    return replace(python, evidence=(*python.evidence, *sorted(agreeing)))


def _agrees(hint: str, python: PythonChoice) -> bool:
    return python.version == hint or python.version.startswith(hint + ".")


def _old(version: str) -> str | None:
    return "which is out of support" if Version(version) < Version(OLDEST_SUPPORTED) else None


def _implementation(runtime: str) -> str:
    return next((name for name in ("pypy", "graalpy") if runtime.lower().startswith(name)), "cpython")
