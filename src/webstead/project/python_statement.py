"""What one place of a project says of its Python, as a value; and how such words are read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.poetry_versions import convert_constraint

__all__ = ["PythonStatement", "exact_or_finding", "of_poetry", "span"]

_EXACT = re.compile(
    r"^(?:(python|cpython|pypy|graalpy)[-@]?)?v?(\d+(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?)$",
    re.IGNORECASE | re.ASCII,
)
_ONE = re.compile(r"==(\d+(?:\.\d+){0,2})(?:\.\*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PythonStatement:
    """version: `3.12`, `3.12.4` (exact) or a specifier such as `>=3.11`. implementation: `cpython`, `pypy`,
    `graalpy`."""

    version: str
    implementation: str
    exact: bool
    evidence: Evidence

    def allows(self, other: PythonStatement) -> bool:
        """Whether one interpreter could satisfy both; two ranges always agree here, uv finds out."""
        if self.implementation != other.implementation:
            return False
        if self.exact and other.exact:
            short, long = sorted((self.version.split("."), other.version.split(".")), key=len)
            return long[: len(short)] == short
        if self.exact == other.exact:
            return True
        exact, spanned = (self, other) if self.exact else (other, self)
        return any(
            SpecifierSet(spanned.version).contains(candidate, prereleases=True)
            for candidate in _versions_of(exact.version)
        )


def exact_or_finding(text: str, evidence: Evidence, example: str = "3.12") -> PythonStatement | Finding:
    """A version as people write it into a file, also `python-3.12`, `pypy3.10`, `>=3.11`. evidence: its why
    is replaced. example: what a right one looks like there."""
    match = _EXACT.match(text)
    if match:
        implementation = (match[1] or "cpython").lower()
        implementation = "cpython" if implementation == "python" else implementation
        return PythonStatement(match[2], implementation, True, _asks(evidence, match[2]))
    if text[:1] in "<>=~!":
        return span(text, evidence)
    said = Evidence(evidence.path, evidence.line, f"says {text}")
    return Finding(f"{evidence.where} names no Python version: {text}", f"Write {example}", (said,))


def span(text: str, evidence: Evidence) -> PythonStatement | Finding:
    """A specifier of PEP 440."""
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return Finding(
            f"{evidence.where}: {text} is no version specifier.",
            'Write one such as ">=3.11".',
            (Evidence(evidence.path, evidence.line, f"says {text}"),),
        )
    return PythonStatement(text, "cpython", False, _asks(evidence, text))


def of_poetry(text: str, evidence: Evidence) -> PythonStatement | Finding | None:
    """A constraint in Poetry's words: `^3.11`. `3.11` means any patch of it. None for any Python."""
    converted = convert_constraint(text.strip())
    if converted is None:
        said = (Evidence(evidence.path, evidence.line, f"says {text}"),)
        return Finding(
            f"{evidence.where}: {text} is no constraint of Poetry's.", 'Write one such as "^3.11".', said
        )
    if not converted.specifier:
        return None
    one = _ONE.fullmatch(converted.specifier)
    version = one[1] if one else converted.specifier
    return PythonStatement(version, "cpython", one is not None, _asks(evidence, text))


def _asks(evidence: Evidence, what: str) -> Evidence:
    return Evidence(evidence.path, evidence.line, f"asks for {what}")


def _versions_of(exact: str) -> list[Version]:
    """The versions that a short exact one stands for: `3.12` is any of 3.12.0 to 3.12.99."""
    parts = exact.split(".")
    try:
        if len(parts) >= 3:
            return [Version(exact)]
        if len(parts) == 2:
            return [Version(f"{exact}.{patch}") for patch in range(100)]
        return [Version(f"{exact}.{minor}.{patch}") for minor in range(40) for patch in (0, 99)]
    except InvalidVersion:
        return []
