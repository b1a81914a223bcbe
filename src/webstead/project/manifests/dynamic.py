"""Dependencies that a pyproject.toml calls dynamic: its build backend takes them from somewhere else.

Sources: setuptools' "Configuring setuptools using pyproject.toml files" (`[tool.setuptools.dynamic]`), and
hatch-requirements-txt. What only running the backend can tell is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import Manifest
from webstead.project.manifests.poetry import read_poetry
from webstead.project.manifests.requirements import read_requirements
from webstead.project.manifests.setup_files import metadata_files, read_setup
from webstead.project.manifests.toml import Table, table, text, texts
from webstead.project.manifests.toml_file import TomlFile
from webstead.project.paths import folder_of, join
from webstead.project.tree import Tree

__all__ = ["dynamic_dependencies"]


def dynamic_dependencies(tree: Tree, file: TomlFile) -> Manifest | None:
    """None where another kind of manifest has them: Poetry's own table."""
    if read_poetry(tree, file.path) is not None:
        return None
    named = list(_named_files(file.data))
    if named:
        return _from_files(tree, file, named)
    beside = _setup_beside(tree, file)
    if beside is not None:
        return replace(
            beside,
            files=tuple(dict.fromkeys((*beside.files, file.path))),
            why=f"{beside.why}, which {file.path} calls dynamic",
        )
    return _computed(tree, file)


def _setup_beside(tree: Tree, file: TomlFile) -> Manifest | None:
    """setuptools takes what is dynamic from setup.py and setup.cfg; other backends do not look there."""
    backend = text(table(file.data, "build-system"), "build-backend")
    if backend and not backend.startswith("setuptools"):
        return None
    folder = folder_of(file.path)
    paths = (join(folder, name) for name in ("setup.cfg", "setup.py"))
    path = next((path for path in paths if path and path in tree.files()), None)
    return read_setup(tree, path) if path else None


def _named_files(data: Table) -> Iterator[str]:
    setuptools = table(data, "tool", "setuptools", "dynamic", "dependencies")
    yield from (texts(setuptools, "file") or filter(None, [text(setuptools, "file")]))
    hatch = table(data, "tool", "hatch", "metadata", "hooks", "requirements_txt")
    if hatch:
        yield from (texts(hatch, "files") or [text(hatch, "filename") or "requirements.txt"])


def _from_files(tree: Tree, file: TomlFile, named: Sequence[str]) -> Manifest:
    """What the files list; a backend reads no options and no includes in them."""
    paths = [join(folder_of(file.path), name) for name in named]
    there = [path for path in paths if path is not None and path in tree.files()]
    read = [read_requirements(tree, path) for path in there]
    listed = tuple(item for each in read for item in each.listed)
    gone = [name for name, path in zip(named, paths, strict=True) if path not in there]
    findings = [finding for each in read for finding in each.findings]
    for name in gone:
        evidence = (Evidence(file.path, file.line_of(name), f"takes its dependencies from {name}"),)
        text_ = f"{evidence[0].where} takes its dependencies from {name}, which does not exist."
        findings.append(Finding(text_, "Add the file, or correct its name.", evidence))
    return Manifest(
        "pyproject",
        file.path,
        tuple(dict.fromkeys((file.path, *(path for each in read for path in each.files)))),
        f"its dependencies are dynamic: {', '.join(named)}",
        listed,
        findings=tuple(findings),
        lines=tuple(item.text for item in listed),
    )


def _computed(tree: Tree, file: TomlFile) -> Manifest:
    evidence = (Evidence(file.path, file.line_of("dynamic"), "its dependencies are dynamic"),)
    backend = text(table(file.data, "build-system"), "build-backend") or "setuptools"
    return Manifest(
        "pyproject",
        file.path,
        metadata_files(tree, file.path),
        f"its dependencies are computed by {backend}",
        findings=(
            Finding(
                f"{evidence[0].where} leaves its dependencies to {backend}: what they are is known only when "
                "the site is built.",
                "To see them in the plan, list them in `dependencies` of [project].",
                evidence,
            ),
        ),
        computed=True,
    )
