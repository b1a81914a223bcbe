"""Whether the app asks for the project's own metadata, which only an installed project has: its version by
`importlib.metadata`, its factory by `use = egg:name` of a Paste Deploy file.

A project is served from its folder and not installed; for such an app the environment gets what an installer
would have written of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from packaging.utils import canonicalize_name

from webstead.plan.model import InstallStep
from webstead.project import Evidence, Project
from webstead.project.identity import Identity, read_identity
from webstead.project.import_names import dotted_name, names_imported
from webstead.project.paths import folder_of
from webstead.project.text import decode
from webstead.project.values import Module

__all__ = ["own_metadata"]

_ASKING = frozenset(
    f"{package}.{function}"
    for package in ("importlib.metadata", "importlib_metadata")
    for function in ("distribution", "entry_points", "metadata", "requires", "version")
) | {"pkg_resources.get_distribution", "pkg_resources.require", "pkg_resources.load_entry_point"}
_METADATA_MODULES = ("importlib", "importlib_metadata", "pkg_resources")
_EGG = re.compile(r"^\s*use\s*=\s*egg:(?P<name>[A-Za-z0-9._-]+)")
_SELF = ("__name__", "__package__")


def own_metadata(project: Project) -> Sequence[InstallStep]:
    """The step, when something of the app asks for it."""
    identity = read_identity(project.code.tree, project.manifests.folder)
    evidence = tuple(_asking(project, identity)) if identity else ()
    if identity is None or not evidence:
        return []
    summary = f"metadata of {identity.name} {identity.version}, which the app asks for"
    words = (identity.name, identity.version, *_lines(identity))
    return [InstallStep("metadata", summary, words=words, evidence=evidence[:1])]


def _lines(identity: Identity) -> Iterator[str]:
    """Of entry_points.txt."""
    for group, points in groupby(sorted(identity.entry_points), key=lambda point: point[0]):
        yield f"[{group}]"
        yield from (point for _, point in points)


def _asking(project: Project, identity: Identity) -> Iterator[Evidence]:
    own = canonicalize_name(identity.name)
    yield from _of_paste(project, own)
    for path in project.asking:
        module = project.code.module(path)
        if module is not None:
            yield from _of_module(module, own)


def _of_paste(project: Project, own: str) -> Iterator[Evidence]:
    for path in project.files:
        if path.endswith(".ini") and folder_of(path) == project.manifests.folder:
            for number, line in enumerate(decode(project.code.tree.read(path)).lines, 1):
                match = _EGG.match(line)
                if match and canonicalize_name(match["name"]) == own:
                    yield Evidence(path, number, f"uses egg:{match['name']}")


def _of_module(module: Module, own: str) -> Iterator[Evidence]:
    names = names_imported(module)
    if not any(name.partition(".")[0] in _METADATA_MODULES for name in names.values()):
        return
    for node in (node for statement in module.source.body for node in ast.walk(statement)):
        if isinstance(node, ast.Call) and _asks(node, names, module, own):
            yield Evidence(module.path, node.lineno, f"asks for {dotted_name(node.func, names)} of {own}")


def _asks(call: ast.Call, names: dict[str, str], module: Module, own: str) -> bool:
    if dotted_name(call.func, names) not in _ASKING or not call.args:
        return False
    match call.args[0]:
        case ast.Constant(value=str(said)):
            return canonicalize_name(said) == own
        case ast.Name(id=name) if name in _SELF:
            return canonicalize_name(module.name.name.partition(".")[0]) == own
    return False
