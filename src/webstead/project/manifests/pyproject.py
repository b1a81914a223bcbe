"""pyproject.toml: PEP 621's tables, and which tool's own tables stand in their place.

Dependency groups (PEP 735), Hatch's environments, PDM's and Poetry's groups are for developers: nothing of
them is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.dynamic import dynamic_dependencies
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.manifests.package_indexes import links_of, read_indexes
from webstead.project.manifests.poetry import poetry_table
from webstead.project.manifests.toml import Table, table, tables, text, texts
from webstead.project.manifests.toml_file import TomlFile, read_toml
from webstead.project.tree import Tree

__all__ = ["Pyproject", "read_pep621", "read_pyproject"]


@dataclass(frozen=True, slots=True)
class Pyproject:
    """requires_python: a specifier, wherever the file states one; python_line: where. listed: PEP 621's
    dependencies, Flit's old ones, or Poetry's."""

    path: str
    requires_python: str | None = None
    python_line: int = 0
    listed: tuple[Listed, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_pyproject(tree: Tree, path: str) -> Pyproject:
    """The file as far as a lock beside it needs it. Malformed TOML becomes a finding."""
    file = read_toml(tree, path)
    if file.problem:
        return Pyproject(path, findings=(file.problem,))
    project, flit = table(file.data, "project"), _flit(file.data)
    requires = text(project, "requires-python") or text(flit, "requires-python")
    stated = (*texts(project, "dependencies"), *texts(flit, "requires"))
    listed = _listed(file, stated) if stated else poetry_table(file).listed
    line = file.line_of("requires-python") if requires else 0
    return Pyproject(path, requires or None, line, tuple(listed))


def read_pep621(tree: Tree, path: str) -> Manifest | None:
    """The file as a manifest; None when it has no `[project]` table, nor Flit's old one."""
    file = read_toml(tree, path)
    project = table(file.data, "project")
    if not project:
        return _of_flit(file)
    if "dependencies" in texts(project, "dynamic"):
        return dynamic_dependencies(tree, file)
    if _is_poetrys(file.data):
        return None
    listed = _listed(file, texts(project, "dependencies"))
    why = "[project] dependencies"
    if tables(table(file.data, "tool", "uv"), "index") or table(file.data, "tool", "uv", "sources"):
        return Manifest("pyproject", path, (path,), why, tuple(listed))
    return _with_sources(file, why, listed)


def _is_poetrys(data: Table) -> bool:
    """Whether Poetry's own table has the dependencies that `[project]` of Poetry 2 does not state."""
    names = table(data, "tool", "poetry", "dependencies").keys() - {"python"}
    return bool(names) and not texts(table(data, "project"), "dependencies")


def _with_sources(file: TomlFile, why: str, listed: Sequence[Listed]) -> Manifest:
    """With what Poetry and PDM say of where packages come from, which uv does not read: Poetry's
    repositories, addresses and folders of packages that `[project]` lists, the sources of both."""
    poetry = poetry_table(file)
    pdm = tables(table(file.data, "tool", "pdm"), "source")
    links, indexes = links_of(pdm), (*poetry.indexes, *read_indexes(pdm))
    elsewhere = {item.name: item for item in poetry.listed if item.name in poetry.elsewhere}
    taken = [elsewhere.get(item.name, item) for item in listed]
    names = {item.name for item in listed}
    findings = tuple(finding for finding in poetry.findings if _about(finding) & names)
    lines = (*links, *(item.text for item in taken)) if links or indexes or taken != list(listed) else None
    return Manifest(
        "pyproject",
        file.path,
        (file.path,),
        why,
        tuple(taken),
        findings=findings,
        lines=lines,
        indexes=indexes,
    )


def _about(finding: Finding) -> set[str]:
    return {canonicalize_name(each.why.removeprefix("lists ")) for each in finding.evidence}


def _flit(data: Table) -> Table:
    return table(data, "tool", "flit", "metadata")


def _of_flit(file: TomlFile) -> Manifest | None:
    """Flit's metadata before PEP 621."""
    if not _flit(file.data):
        return None
    listed = _listed(file, texts(_flit(file.data), "requires"))
    lines = tuple(item.text for item in listed)
    return Manifest(
        "pyproject", file.path, (file.path,), "[tool.flit.metadata] requires", tuple(listed), lines=lines
    )


def _listed(file: TomlFile, names: Sequence[str]) -> list[Listed]:
    found = []
    for item in names:
        try:
            name = Requirement(item).name
        except (InvalidRequirement, RecursionError):
            continue  # uv names it, with its own message, when it installs
        evidence = Evidence(file.path, file.line_of(item), f"lists {item}")
        found.append(Listed(canonicalize_name(name), item, evidence))
    return found
