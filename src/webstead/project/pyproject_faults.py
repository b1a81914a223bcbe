"""What installers refuse in a pyproject.toml's `[project]` table, each with what to write (PEP 621)."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests import Manifests
from webstead.project.manifests.toml import table, texts
from webstead.project.manifests.toml_file import TomlFile, read_toml
from webstead.project.paths import join
from webstead.project.tree import Tree

__all__ = ["pyproject_faults"]


def pyproject_faults(tree: Tree, manifests: Manifests) -> Iterator[Finding]:
    """Of the file beside the manifest that is installed from."""
    path = join(manifests.folder, "pyproject.toml")
    if path is None or path not in tree.files():
        return
    file = read_toml(tree, path)
    project = table(file.data, "project")
    if not project:
        return
    head = file.line_of("[project]")
    dynamic = texts(project, "dynamic")
    if not isinstance(project.get("name"), str):
        yield _fault(file, head, "[project] has no name", 'Add a line below [project]: name = "shop"')
    elif "version" not in project and "version" not in dynamic and not table(file.data, "tool", "poetry"):
        yield _fault(file, head, "[project] has no version", 'Add a line below [project]: version = "0.1.0"')
    stated = project.get("dependencies")
    if isinstance(stated, dict):
        first = next(iter(stated), "flask")
        fix = f'Write a list in [project]: dependencies = ["{first}"]'
        line = file.line_of("[project.dependencies]") or file.line_of("dependencies")
        yield _fault(file, line, "dependencies is a table, as Poetry has it, and no list", fix)
    for item in texts(project, "dependencies"):
        try:
            Requirement(item)
        except (InvalidRequirement, RecursionError):
            text = f"{item[:80]} is no requirement; the install will fail"
            yield _fault(file, file.line_of(item), text, "Write one, such as: flask>=3.0")


def _fault(file: TomlFile, line: int, text: str, fix: str) -> Finding:
    evidence = Evidence(file.path, line, "stands in [project]")
    return Finding(f"{evidence.where}: {text}.", fix, (evidence,))
