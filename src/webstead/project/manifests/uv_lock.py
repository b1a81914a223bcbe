"""uv.lock: the packages that uv has locked for the pyproject.toml beside it."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from webstead.project.manifests.model import Manifest
from webstead.project.manifests.pyproject import read_pyproject
from webstead.project.manifests.toml import Table, parse_toml, table, tables, text
from webstead.project.paths import folder_of, join, name_of
from webstead.project.tree import Tree

__all__ = ["member_of", "read_uv_lock"]


def read_uv_lock(tree: Tree, path: str) -> Manifest | None:
    """None without a pyproject.toml, of which it is the lock. Those of the workspace's members are read with
    it."""
    files = frozenset(tree.files())
    beside = (file for file in files if folder_of(file) == folder_of(path))
    project = next((file for file in beside if name_of(file).lower() == "pyproject.toml"), None)
    if project is None:
        return None
    lock = _parsed(tree.read(path))
    members = (join(folder_of(path), f"{folder}/pyproject.toml") for folder, _ in _members(lock))
    inner = [file for file in members if file in files and file != project]
    listed = (item for file in (project, *inner) if file for item in read_pyproject(tree, file).listed)
    names = frozenset(canonicalize_name(text(package, "name")) for package in tables(lock, "package"))
    read = tuple(file for file in (path, project, *inner) if file)
    return Manifest("lock", path, read, "locked by uv", tuple(listed), names)


def member_of(path: str, data: bytes, folder: str) -> str | None:
    """The workspace's member that a folder of the project belongs to: the deepest, None for the root's own.
    path, data: of the uv.lock."""
    found = [
        (len(inside), name)
        for where, name in _members(_parsed(data))
        if (inside := join(folder_of(path), where)) and f"{folder}/".startswith(f"{inside}/")
    ]
    return max(found)[1] if found else None


def _members(lock: Table) -> Iterator[tuple[str, str]]:
    """(folder, name) of the packages that are folders, but for the lock's own."""
    for package in tables(lock, "package"):
        source = table(package, "source")
        folder = text(source, "editable") or text(source, "virtual") or text(source, "directory")
        if folder not in ("", "."):
            yield folder, text(package, "name")


def _parsed(data: bytes) -> Table:
    """One that cannot be read is uv's to complain of."""
    try:
        return parse_toml(data)
    except ValueError:
        return {}
