"""uv.lock: the packages that uv has locked for the pyproject.toml beside it."""

from __future__ import annotations

import tomllib

from packaging.utils import canonicalize_name

from webstead.project.manifests.model import Manifest
from webstead.project.manifests.pyproject import read_pyproject
from webstead.project.paths import folder_of, name_of
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["read_uv_lock"]


def read_uv_lock(tree: Tree, path: str) -> Manifest | None:
    """None without a pyproject.toml, of which it is the lock."""
    beside = (file for file in tree.files() if folder_of(file) == folder_of(path))
    project = next((file for file in beside if name_of(file).lower() == "pyproject.toml"), None)
    if project is None:
        return None
    listed = read_pyproject(tree, project).listed
    return Manifest("lock", path, (path, project), "locked by uv", listed, _locked(tree, path))


def _locked(tree: Tree, path: str) -> frozenset[str]:
    """The names in the lock. One that cannot be read is uv's to complain of."""
    try:
        packages = tomllib.loads(decode(tree.read(path)).text).get("package", [])
    except tomllib.TOMLDecodeError:
        return frozenset()
    names = (package.get("name") for package in packages if isinstance(package, dict))
    return frozenset(canonicalize_name(name) for name in names if isinstance(name, str))
