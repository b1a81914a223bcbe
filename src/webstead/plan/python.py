"""Which Python the site runs on, what the project's places say about it, and what support it has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from webstead.plan.conda import ANY_PYTHON
from webstead.plan.model import PlanWarning, PythonChoice, Supported
from webstead.plan.overrides import Overrides
from webstead.plan.support import PythonSupport, recommended, support_of, support_table
from webstead.project import Evidence, Project
from webstead.project.python_version import PythonStatement, disagreements

__all__ = ["choose_python", "hint_warning", "support_warning", "with_agreeing_hints"]

_GATEWAY_NEEDS = "3.9"
_EXACT = re.compile(r"\d+\.\d+[\w.+-]*", re.ASCII)


def choose_python(
    project: Project, overrides: Overrides, day: date
) -> tuple[PythonChoice, tuple[PlanWarning, ...]]:
    """--runtime, else PYTHON_VERSION, else the most exact statement of the project, else
    PYTHON_DEFAULT_VERSION, else the Python that Webstead runs on. day: on which its support is judged."""
    python, warnings = _chosen(project, overrides)
    known = _known(python)
    supported = replace(python, support=Supported(known, known.status(day)) if known else None)
    about = support_warning(supported, day)
    return supported, (*warnings, *((about,) if about else ()))


def _chosen(project: Project, overrides: Overrides) -> tuple[PythonChoice, tuple[PlanWarning, ...]]:
    if overrides.runtime:
        evidence = Evidence("--runtime", 0, "given on the command line")
        return PythonChoice(overrides.runtime, _implementation(overrides.runtime), (evidence,)), ()
    stated = project.build.python
    if stated:
        return PythonChoice(stated.value.strip(), _implementation(stated.value), (stated.evidence,)), ()
    warnings = tuple(
        PlanWarning(f.text, f.fix, f.evidence, "python-conflict") for f in disagreements(project.python)
    )
    chosen = project.manifests.chosen
    conda = chosen.path if chosen and chosen.kind == "conda" and not project.build.command else None
    if not project.python and conda is not None:
        newest = Evidence(conda, 0, "names no Python: conda takes the newest that fits its packages")
        return PythonChoice(ANY_PYTHON, "cpython", (newest,)), warnings
    if not project.python:
        return _default(project, overrides), warnings
    first = project.python[0] if conda is None else _of_conda(project.python, conda)
    agreeing = tuple(s.evidence for s in project.python if s.allows(first))
    return PythonChoice(first.version, first.implementation, agreeing), warnings


def _of_conda(statements: Sequence[PythonStatement], path: str) -> PythonStatement:
    """What the environment file names comes before what another says of it: conda installs it."""
    return next((each for each in statements if each.evidence.path == path), statements[0])


def _known(python: PythonChoice) -> PythonSupport | None:
    exact = python.implementation == "cpython" and _EXACT.fullmatch(python.version)
    return support_of(python.version) if exact else None


def support_warning(python: PythonChoice, day: date) -> PlanWarning | None:
    """That the Python is out of support, will be soon, is not out yet; or that all of a range are out."""
    asked = f"{python.evidence[0].where} asks for" if python.evidence else "This site runs on"
    if python.support is None:
        return _range_warning(python, asked, day)
    table, advice = python.support.table, f"Move to Python {recommended(day)}."
    named = f"{asked} Python {python.version}"
    match python.support.status:
        case "end-of-life":
            text = f"{named}, which is out of support since {table.end_of_life}: no security fixes come."
            return PlanWarning(text, advice, python.evidence, "python-old")
        case "prerelease":
            text = (
                f"{named}, which is not released before {table.first_release}: packages may have no wheels."
            )
            return PlanWarning(text, advice, python.evidence, "python-early")
    if table.ends_soon(day):
        text = f"{named}, which gets its last security fixes by {table.end_of_life}."
        return PlanWarning(text, f"Plan the m{advice[1:]}", python.evidence, "python-ends")
    return None


def _range_warning(python: PythonChoice, asked: str, day: date) -> PlanWarning | None:
    try:
        span = SpecifierSet(python.version)
    except InvalidSpecifier:
        return _unknown_warning(python, asked, day)
    fit = [support for support in support_table().versions if _has_one_of(span, support.version)]
    if not fit:
        text = f"{asked} Python {python.version}, and no Python is in that range."
        fix = f"Allow one that there is, such as {recommended(day)}."
        return PlanWarning(text, fix, python.evidence, "python-unknown")
    if any(support.status(day) != "end-of-life" for support in fit):
        return None
    text = (
        f"{asked} Python {python.version}, and no version in that range is supported: the last, "
        f"{fit[-1].version}, is out of support since {fit[-1].end_of_life}."
    )
    fix = f"Allow a newer one, such as {recommended(day)}."
    return PlanWarning(text, fix, python.evidence, "python-old")


def _unknown_warning(python: PythonChoice, asked: str, day: date) -> PlanWarning | None:
    """A version of CPython that there is not, or a word that names none; a path is the user's to know."""
    path = "/" in python.version or "\\" in python.version
    if path or python.implementation != "cpython" or python.version == ANY_PYTHON or not python.evidence:
        return None
    if python.version.isdecimal():
        return None
    last = support_table().versions[-1].version
    unknown = f"of which nothing is known; the last that is known is {last}"
    what = unknown if _EXACT.fullmatch(python.version) else "which names no version"
    fix = f"Name one that there is, such as {recommended(day)}."
    return PlanWarning(f"{asked} Python {python.version}, {what}.", fix, python.evidence, "python-unknown")


def _has_one_of(span: SpecifierSet, minor: str) -> bool:
    return any(span.contains(f"{minor}.{patch}") for patch in range(40))


def _default(project: Project, overrides: Overrides) -> PythonChoice:
    stated = project.build.python_default
    if stated is None:
        return PythonChoice(overrides.running, "cpython")
    return PythonChoice(stated.value.strip(), _implementation(stated.value), (stated.evidence,))


def hint_warning(hint: str, python: PythonChoice, evidence: Evidence, day: date) -> PlanWarning | None:
    """A version that a Windows path names decides nothing: that Python is on another machine. It is said,
    once."""
    if _agrees(hint, python):
        return None
    known = support_of(hint)
    old = known is not None and known.status(day) == "end-of-life"
    state = f", which is out of support since {known.end_of_life}" if known and old else ""
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


def _implementation(runtime: str) -> str:
    return next((name for name in ("pypy", "graalpy") if runtime.lower().startswith(name)), "cpython")
