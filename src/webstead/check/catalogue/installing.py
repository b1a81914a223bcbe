"""The Python and the packages that the project asks for."""

from __future__ import annotations

from webstead.check.rule import Rule
from webstead.check.rules import packages, planned, versions
from webstead.check.target import Target

__all__ = ["RULES"]

_WEBSTEAD: frozenset[Target] = frozenset({"webstead"})

RULES: tuple[Rule, ...] = (
    Rule(
        "python-out-of-support",
        "warning",
        "a Python that is out of support",
        "Security holes that are found in it stay.",
        versions.out_of_support,
    ),
    Rule(
        "python-support-ends",
        "note",
        "a Python whose support ends soon",
        "Within half a year.",
        versions.end_of_life_near,
    ),
    Rule(
        "python-conflict",
        "warning",
        "files that ask for different Pythons",
        "No Python is both.",
        planned.of_kinds("python-conflict"),
    ),
    Rule(
        "package-of-other-system",
        "error",
        "a package of another system",
        "It cannot be installed there (error), or is installed and does not run (warning).",
        packages.other_system,
    ),
    Rule(
        "package-without-wheel",
        "warning",
        "a package without a wheel",
        "It is compiled where the site is built, which needs a compiler, or cannot be installed. Read from"
        " uv.lock; with --online, uv is asked for a requirements.txt or pyproject.toml, too.",
        packages.without_wheel,
    ),
    Rule(
        "package-not-listed",
        "warning",
        "a package that is not listed",
        "The app uses it, and no requirements.txt or pyproject.toml names it.",
        planned.of_kinds("package-not-listed"),
    ),
    Rule(
        "settings-differ",
        "warning",
        "two settings modules of Django",
        "Commands and requests would see different settings.",
        planned.of_kinds("settings-differ"),
    ),
    Rule(
        "requirements-file",
        "warning",
        "a requirements file that cannot be installed from",
        "It includes a file that is not there, or is written in an encoding that pip reads by luck.",
        planned.of_requirements,
    ),
    Rule(
        "project",
        "warning",
        "something in the project that the plan tells",
        "Files that cannot be read, do not parse, are misspelt, or are not installed from.",
        planned.of_the_project,
        _WEBSTEAD,
    ),
    Rule(
        "python-other",
        "note",
        "a Python that is not the one that the site runs on",
        "A path names a version; Webstead runs the site on another.",
        planned.of_kinds("python-other"),
        _WEBSTEAD,
    ),
    Rule(
        "plan",
        "warning",
        "a warning of webstead plan",
        "Of what only Webstead does.",
        planned.of_kinds(""),
        _WEBSTEAD,
    ),
)
