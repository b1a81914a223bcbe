"""Poetry's version constraints as PEP 440 specifiers: `^1.2`, `~1.2`, `1.*`, `>=1,<2 || >=3`.

Source: Poetry's "Dependency specification". What PEP 440 cannot say (a gap between two ranges that is no
whole version) is widened to the range around it, and the caller is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

__all__ = ["Converted", "convert_constraint", "python_marker"]

MAX_LENGTH = 400  # the longest of PyPI's Poetry projects has some 60
MAX_EXCLUDED = 20  # whole versions that lie in a gap

_CLAUSE = re.compile(
    r"(?P<op>\^|~=|~|===|==|=|!=|<>|>=|<=|>|<)?\s*v?"
    r"(?P<version>\d[\w!+-]*(?:\.\w[\w!+-]*)*(?:\.[*xX])*|[*xX](?:\.[*xX])*)"
)
_BETWEEN = re.compile(r"\s*(?:,|\s)\s*")
_WILD = re.compile(r"(?:\.[*xX])+$")
_STABILITY = re.compile(r"@(?:dev|alpha|beta|rc|stable)$")


@dataclass(frozen=True, slots=True)
class Converted:
    """specifier: PEP 440's, "" for any version. exact: False when it allows more than was written."""

    specifier: str
    exact: bool = True


def convert_constraint(text: str) -> Converted | None:
    """None for text that is no constraint of Poetry's."""
    if len(text) > MAX_LENGTH:
        return None
    parts = [_all_of(part.strip()) for part in text.split("||" if "||" in text else "|")]
    found = [part for part in parts if part is not None]
    if len(found) != len(parts):
        return None
    return Converted(found[0]) if len(found) == 1 else _any_of(found)


def python_marker(text: str) -> str | None:
    """A constraint of Python as an environment marker: "" for any Python; None for what is no constraint."""
    if len(text) > MAX_LENGTH:
        return None
    parts = [_all_of(part.strip()) for part in text.split("||" if "||" in text else "|")]
    if None in parts:
        return None
    if "" in parts:
        return ""
    return " or ".join(_marker(part) for part in parts if part)


def _marker(specifier: str) -> str:
    return " and ".join(_python_clause(clause) for clause in specifier.split(","))


def _python_clause(clause: str) -> str:
    """`python_version` has two parts: a longer version is one of `python_full_version`."""
    found = re.fullmatch(r"([<>=!~]+)(.+)", clause)
    operator, version = (found[1], found[2]) if found else ("==", clause)
    parts = version.removesuffix(".*").count(".") + 1
    if parts > 2 or (operator in ("<=", ">") and not version.endswith(".*")):
        return f"python_full_version {operator} '{version}'"
    return f"python_version {operator} '{version}'"


def _all_of(text: str) -> str | None:
    """Clauses that hold together, as specifiers with commas between."""
    text, found, at = _STABILITY.sub("", text), [], 0
    while at < len(text):
        clause = _CLAUSE.match(text, at)
        specifier = _clause(clause["op"] or "", clause["version"]) if clause else None
        if clause is None or specifier is None:
            return None
        found += [specifier] if specifier else []
        between = _BETWEEN.match(text, clause.end())
        at = between.end() if between else clause.end()
        if between is None and at < len(text):
            return None
    joined = ",".join(found)
    try:
        SpecifierSet(joined)
    except InvalidSpecifier:
        return None
    return joined if found or text in ("*", "x", "X") else None


def _clause(operator: str, version: str) -> str | None:
    if version[0] in "*xX":
        return ""
    wild = _WILD.search(version)
    release = version[: wild.start()] if wild else version
    try:
        base = Version(release)
    except InvalidVersion:
        return None
    if operator in ("^", "~"):
        return f">={release},<{_next(base, operator)}"
    if wild or operator in ("", "=", "<>"):
        operator = {"<>": "!=", "!=": "!="}.get(operator, "==")
    if wild and operator in ("==", "!="):
        return f"{operator}{release}.*"
    return f"{operator}{release}"


def _next(base: Version, operator: str) -> Version:
    """The first version that is not compatible any more."""
    last = len(base.release) - 1
    first = next((at for at, number in enumerate(base.release) if number), last)
    return _raised(base, first if operator == "^" else min(last, 1))


def _any_of(parts: Sequence[str]) -> Converted:
    """The range around all of them, without the whole versions between two."""
    bounds = sorted((_bounds(part) for part in parts), key=lambda pair: pair[0] or Version("0"))
    lowest = None if any(low is None for low, _ in bounds) else bounds[0][0]
    excluded: list[str] = []
    exact, reach = True, bounds[0][1]
    for low, high in bounds[1:]:
        if low is not None and reach is not None and reach < low:
            gap = _whole_versions(reach, low)
            excluded += gap
            exact = exact and bool(gap)
        reach = None if reach is None or high is None else max(reach, high)
    ends = [*([f">={lowest}"] if lowest else []), *([f"<{reach}"] if reach else []), *excluded]
    simple = all(_SIMPLE.fullmatch(part) for part in parts)
    return Converted(",".join(ends), exact and simple)


_SIMPLE = re.compile(r"(?:>=[\d.]+)?,?(?:<[\d.]+)?|==[\d.]+\.\*")


def _bounds(specifier: str) -> tuple[Version | None, Version | None]:
    """(lowest, the first that is too high) of clauses; None where there is no such bound."""
    lows: list[Version] = []
    highs: list[Version] = []
    for clause in SpecifierSet(specifier):
        version = Version(clause.version.removesuffix(".*"))
        after = _raised(version, len(version.release) - 1)
        if clause.operator in (">=", ">", "==", "===", "~="):
            lows.append(version)
        if clause.operator in ("==", "==="):
            highs.append(after)
        elif clause.operator == "~=":
            highs.append(_raised(version, len(version.release) - 2))
        elif clause.operator == "<":
            highs.append(version)
        elif clause.operator == "<=":
            highs.append(after)
    return (max(lows) if lows else None), (min(highs) if highs else None)


def _raised(version: Version, at: int) -> Version:
    """The version whose part at is one more, and that has none behind it: `1.4.2` raised at 1 is `1.5`."""
    return Version(".".join(map(str, (*version.release[:at], version.release[at] + 1))))


def _whole_versions(low: Version, high: Version) -> list[str]:
    """`!=` clauses for all that lies from low to before high; none when they are not whole versions."""
    for depth in (1, 2):
        start, end = low.release, high.release
        whole = not any(start[depth:]) and not any(end[depth:]) and start[: depth - 1] == end[: depth - 1]
        first = (*start, 0)[depth - 1]
        last = (*end, 0)[depth - 1]
        if whole and 0 < last - first <= MAX_EXCLUDED:
            prefix = start[: depth - 1]
            return [f"!={'.'.join(map(str, (*prefix, number)))}.*" for number in range(first, last)]
    return []
