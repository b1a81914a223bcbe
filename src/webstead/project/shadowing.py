"""Files of the project that take the place of a module of Python's, or of a package, for everything that the
app imports: the app's folder is the first that is looked in."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator

from packaging.utils import canonicalize_name

from webstead.project.distributions import distribution_of
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests import Manifests
from webstead.project.paths import folder_of, join, name_of, stem_of

__all__ = ["shadowing"]

_LOADED_BEFORE = frozenset(
    {"abc", "codecs", "genericpath", "io", "ntpath", "os", "posixpath", "site", "sitecustomize", "stat"}
    | {"antigravity", "chunk", "cmd", "code", "crypt", "doctest", "idlelib", "pdb", "profile", "trace"}
    | {"timeit", "lib2to3", "test", "this", "turtle", "turtledemo", "usercustomize"}
)
"""What Python has when the app's folder comes into play, and what no server needs: web.py's
documentation calls its app code.py."""

_HIDDEN = sys.stdlib_module_names - _LOADED_BEFORE - frozenset(sys.builtin_module_names)


def shadowing(
    files: Collection[str], directories: Collection[str], manifests: Manifests
) -> Iterator[Finding]:
    """directories: those that apps are imported from."""
    listed = {
        item.name for item in manifests.listed if not item.text.lstrip("-e ").startswith((".", "file:"))
    }
    for file in files:
        path = file.removesuffix("/__init__.py")
        directory, module = folder_of(path), stem_of(path)
        if not file.endswith(".py") or directory not in directories or not module.isidentifier():
            continue
        package = canonicalize_name(distribution_of(module))
        if module in _HIDDEN:
            yield _finding(path, file, module, f"Python's own module {module}")
        elif package in listed and not _is_distribution(directory, files):
            yield _finding(path, file, module, f"the package {package}")


def _is_distribution(directory: str, files: Collection[str]) -> bool:
    """Whether the folder, or that of its `src`, is itself a package with the names that it has."""
    roots = {directory, folder_of(directory) if name_of(directory) == "src" else directory}
    return any(join(root, name) in files for root in roots for name in ("pyproject.toml", "setup.py"))


def _finding(path: str, file: str, module: str, hidden: str) -> Finding:
    text = f"{path} hides {hidden}: whoever imports {module}, packages too, gets this file."
    better = f"my_{module}.py" if path.endswith(".py") else f"my_{module}"
    folder = path.rpartition("/")[0]
    new = f"{folder}/{better}" if folder else better
    fix = f"Rename it, and what imports it: mv {path} {new}"
    return Finding(text, fix, (Evidence(file, 1, f"is imported as {module}"),))
