"""Versions as Poetry asks for them: PEP 440, and besides `^1.2`, `~1.2`, `1.*`, `*`, and `||` for or."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

__all__ = ["admits"]

_CLAUSE = re.compile(r"(\^|~(?!=)|)\s*v?(\d[^\s,]*)")
_SPACED = re.compile(r"(?<=[^\s,<>=!~^|])\s+(?=[<>=!~^])")


def admits(constraint: str, version: str) -> bool:
    """Whether the version is one of these. What cannot be read admits all: the lock has chosen already."""
    try:
        wanted = Version(version)
        return not constraint or any(
            wanted in SpecifierSet(_specifier(part), prereleases=True)
            for part in re.split(r"\|\|?", constraint)
        )
    except (InvalidVersion, InvalidSpecifier):
        return True


def _specifier(part: str) -> str:
    """One alternative in PEP 440's words."""
    clauses = (clause.strip() for clause in _SPACED.sub(",", part).split(","))
    return ",".join(_clause(clause) for clause in clauses if clause not in ("", "*"))


def _clause(clause: str) -> str:
    found = _CLAUSE.fullmatch(clause)
    if found is None:
        return clause
    if not found[1]:
        return f"=={found[2]}"
    release = Version(found[2]).release
    kept = _kept(release, caret=found[1] == "^")
    upper = (*release[: kept - 1], release[kept - 1] + 1)
    return f">={found[2]},<{'.'.join(map(str, upper))}"


def _kept(release: tuple[int, ...], *, caret: bool) -> int:
    """How many numbers lead up to, and with, the one that is counted up for the upper bound."""
    if not caret:
        return min(2, len(release))
    return next((n for n, number in enumerate(release, 1) if number), len(release))
