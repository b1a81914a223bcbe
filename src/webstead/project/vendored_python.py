"""The Python that the packages were built for which a project brings."""

from __future__ import annotations

from webstead.project.evidence import Evidence
from webstead.project.manifests import Manifests
from webstead.project.manifests.vendored import tags_of
from webstead.project.paths import folder_of, name_of
from webstead.project.python_version import PythonStatement
from webstead.project.tree import Tree

__all__ = ["vendored_python"]


def vendored_python(tree: Tree, manifests: Manifests) -> tuple[PythonStatement, ...]:
    """One for each Python that some of them are only for; none where others are installed in their place."""
    chosen = manifests.chosen
    if chosen is None or chosen.kind != "vendored":
        return ()
    found: dict[str, PythonStatement] = {}
    for path, tags in tags_of({path: tree.read(path) for path in chosen.files}).items():
        versions = {tag.version for tag in tags}
        if len(versions) == 1 and (version := versions.pop()):
            package = name_of(folder_of(path)).removesuffix(".dist-info")
            evidence = Evidence(path, 0, f"{package} is built for Python {version}")
            found.setdefault(version, PythonStatement(version, "cpython", True, evidence))
    return tuple(found.values())
