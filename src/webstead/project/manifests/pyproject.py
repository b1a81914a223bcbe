"""pyproject.toml: PEP 621's tables, and which tool's own tables stand in their place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["Pyproject", "line_of", "read_pep621", "read_pyproject"]


@dataclass(frozen=True, slots=True)
class Pyproject:
    """project: the file has a `[project]` table with dependencies (or says they are none). poetry: only
    Poetry's own table lists them. dynamic: `dependencies` come from the build backend. packaged: it has a
    build backend."""

    path: str
    project: bool = False
    poetry: bool = False
    dynamic: bool = False
    packaged: bool = False
    requires_python: str | None = None
    listed: tuple[Listed, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_pyproject(tree: Tree, path: str) -> Pyproject:
    """The file as far as a plan needs it. Malformed TOML becomes a finding with its line."""
    text = decode(tree.read(path)).text
    try:
        data: Mapping[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        finding = Finding(
            f"{path} is not valid TOML: {error}.", "Correct the file.", (Evidence(path, 0, str(error)),)
        )
        return Pyproject(path, findings=(finding,))
    project = _table(data, "project")
    poetry = _table(_table(data, "tool"), "poetry")
    dependencies = project.get("dependencies")
    names = [item for item in dependencies if isinstance(item, str)] if isinstance(dependencies, list) else []
    poetry_names = _table(poetry, "dependencies")
    requires = project.get("requires-python")
    dynamic = project.get("dynamic")
    return Pyproject(
        path,
        project=bool(project),
        poetry=bool(poetry_names) and not project,
        dynamic=isinstance(dynamic, list) and "dependencies" in dynamic,
        packaged="build-system" in data,
        requires_python=requires if isinstance(requires, str) else None,
        listed=(*_listed(path, text, names), *_poetry_listed(path, text, poetry_names)),
    )


def read_pep621(tree: Tree, path: str) -> Manifest | None:
    """The file as a manifest; None when it has no `[project]` table."""
    read = read_pyproject(tree, path)
    if not read.project:
        return None
    return Manifest("pyproject", path, (path,), "[project] dependencies", read.listed, findings=read.findings)


def line_of(text: str, wanted: str) -> int:
    """The number of the first line that holds wanted, 0 when none does: TOML's parser keeps no line
    numbers."""
    return next((n for n, line in enumerate(text.splitlines(), 1) if wanted in line), 0)


def _table(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _listed(path: str, text: str, names: list[str]) -> list[Listed]:
    found = []
    for item in names:
        try:
            name = Requirement(item).name
        except InvalidRequirement:
            continue  # uv names it, with its own message, when it installs
        found.append(
            Listed(canonicalize_name(name), item, Evidence(path, line_of(text, item), f"lists {item}"))
        )
    return found


def _poetry_listed(path: str, text: str, table: Mapping[str, object]) -> list[Listed]:
    return [
        Listed(canonicalize_name(name), name, Evidence(path, line_of(text, name), f"lists {name}"))
        for name in table
        if name.lower() != "python"
    ]
