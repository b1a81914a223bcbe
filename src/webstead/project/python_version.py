"""Which Python a project asks for, from every place that states one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.conda import parse_conda
from webstead.project.manifests.pyproject import read_pyproject
from webstead.project.paths import folder_of, name_of
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["PythonStatement", "disagreements", "read_python_statements"]

_EXACT = re.compile(
    r"^(?:(python|cpython|pypy|graalpy)[-@]?)?v?(\d+(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?)$",
    re.IGNORECASE | re.ASCII,
)


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
        exact, span = (self, other) if self.exact else (other, self)
        return any(
            SpecifierSet(span.version).contains(candidate, prereleases=True)
            for candidate in _versions_of(exact.version)
        )


def read_python_statements(
    tree: Tree, folder: str = "."
) -> tuple[tuple[PythonStatement, ...], tuple[Finding, ...]]:
    """The statements, the most exact first, and a finding for each that cannot be understood. folder: of the
    manifests."""
    found: list[PythonStatement | Finding] = []
    files = set(tree.files())
    for path in (".python-version", "runtime.txt"):
        if path in files:
            found += _from_file(path, tree.read(path))
    manifest = next((path for path in files if _is_pyproject(path, folder)), None)
    pyproject = read_pyproject(tree, manifest) if manifest else None
    if pyproject and pyproject.requires_python is not None:
        evidence = Evidence(pyproject.path, pyproject.python_line, "")
        found.append(_span(pyproject.requires_python, evidence))
    conda = next((path for path in sorted(files) if _is_conda(path, folder)), None)
    found += _from_conda(conda, tree.read(conda)) if conda else []
    statements = sorted(
        (item for item in found if isinstance(item, PythonStatement)), key=lambda item: not item.exact
    )
    return tuple(statements), tuple(item for item in found if isinstance(item, Finding))


def _is_conda(path: str, folder: str) -> bool:
    return folder_of(path) == folder and name_of(path).lower() in ("environment.yaml", "environment.yml")


def _from_conda(path: str, data: bytes) -> list[PythonStatement | Finding]:
    """`python=3.12` among the packages of a conda environment."""
    spec = parse_conda(path, data).python
    asked = spec.python if spec else None
    if spec is None or not asked:
        return []
    evidence = Evidence(path, spec.line, f"asks for {spec.text}")
    return [PythonStatement(asked, "cpython", asked[0].isdigit(), evidence)]


def _is_pyproject(path: str, folder: str) -> bool:
    return folder_of(path) == folder and name_of(path).lower() == "pyproject.toml"


def disagreements(statements: Sequence[PythonStatement]) -> tuple[Finding, ...]:
    """One finding for each pair of places that no single Python can satisfy."""
    return tuple(
        Finding(
            f"{left.evidence.where} asks for Python {left.version}, {right.evidence.where} for "
            f"{right.version}; no Python is both{'' if index else f', and {left.version} is taken'}.",
            f"Make them agree, or choose: --runtime {right.version}" if right.exact else "Make them agree.",
            (left.evidence, right.evidence),
        )
        for index, left in enumerate(statements)
        for right in statements[index + 1 :]
        if not left.allows(right)
    )


def _from_file(path: str, data: bytes) -> list[PythonStatement | Finding]:
    """The first line that is no comment: pyenv may list several versions, of which the first is the
    default."""
    for number, raw in enumerate(decode(data).lines, 1):
        line = raw.partition("#")[0].strip()
        if line:
            return [_statement(line, path, number)]
    return [
        Finding(
            f"{path} is empty.",
            f"Write a version such as 3.12 into {path}, or delete it.",
            (Evidence(path, 0, "empty"),),
        )
    ]


def _statement(line: str, path: str, number: int) -> PythonStatement | Finding:
    evidence = Evidence(path, number, f"says {line}")
    match = _EXACT.match(line)
    if match:
        implementation = (match[1] or "cpython").lower()
        implementation = "cpython" if implementation == "python" else implementation
        return PythonStatement(match[2], implementation, True, Evidence(path, number, f"asks for {match[2]}"))
    if line[0] in "<>=~!":
        return _span(line, evidence)
    example = "python-3.12" if path == "runtime.txt" else "3.12"
    return Finding(f"{path}:{number} names no Python version: {line}", f"Write {example}", (evidence,))


def _span(text: str, evidence: Evidence) -> PythonStatement | Finding:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return Finding(
            f"{evidence.where}: {text} is no version specifier.",
            'Write one such as ">=3.11".',
            (Evidence(evidence.path, evidence.line, f"says {text}"),),
        )
    return PythonStatement(text, "cpython", False, Evidence(evidence.path, evidence.line, f"asks for {text}"))


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
