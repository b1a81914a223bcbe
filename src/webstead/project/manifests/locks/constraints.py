"""Whether a version is one of those that a tool asked for, by PEP 440 or in Poetry's words."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from webstead.project.manifests.poetry_versions import convert_constraint

__all__ = ["admits"]


def admits(constraint: str, version: str) -> bool:
    """What cannot be read admits all: the lock has chosen already."""
    try:
        wanted = Version(version)
        return not constraint.strip() or any(_admits(part, wanted) for part in re.split(r"\|\|?", constraint))
    except InvalidVersion:
        return True


def _admits(part: str, version: Version) -> bool:
    converted = convert_constraint(part)
    try:
        return converted is None or SpecifierSet(converted.specifier, prereleases=True).contains(version)
    except InvalidSpecifier:
        return True
