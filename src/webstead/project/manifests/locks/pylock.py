"""pylock.toml (PEP 751). uv installs it itself: what is read here is what it fixes."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.locks.model import MAX_BYTES
from webstead.project.manifests.locks.places import seen_from
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.manifests.pyproject import read_pyproject
from webstead.project.manifests.toml import Table, parse_toml, table, tables, text
from webstead.project.paths import folder_of, name_of
from webstead.project.tree import Tree

__all__ = ["PYLOCK_NAMES", "pylock_paths", "read_pylock"]

PYLOCK_NAMES = ("pylock.toml", "pylock.prod.toml", "pylock.production.toml", "pylock.*.toml")
"""In this order; the last one counts when it is the only one."""


def read_pylock(tree: Tree, path: str) -> Manifest:
    """What is asked for is in a pyproject.toml beside it, if there is one. A malformed lock is a manifest
    with a finding: nothing else may be taken in its place."""
    try:
        lock = _parsed(tree.read(path))
    except ValueError as error:
        evidence = Evidence(path, 0, str(error))
        fix = f"Write it anew: uv export --format pylock.toml --no-dev -o {name_of(path)}"
        finding = Finding(f"{path} cannot be installed from: {str(error).rstrip('.')}.", fix, (evidence,))
        return Manifest("pylock", path, (path,), "a lock of PEP 751", findings=(finding,))
    by = text(lock, "created-by")
    names = frozenset(canonicalize_name(text(package, "name")) for package in tables(lock, "packages"))
    why = f"a lock of PEP 751{f', made by {by}' if by.isprintable() and by else ''}"
    return Manifest("pylock", path, (path,), why, _listed(tree, path), names)


def pylock_paths(path: str, data: bytes) -> tuple[tuple[str, bool], ...]:
    """The folders and files that the lock installs, as the project sees them, and whether as editable."""
    try:
        packages = tables(_parsed(data), "packages")
    except ValueError:
        return ()
    places = [
        each
        for package in packages
        for each in (table(package, "directory"), table(package, "archive"), *tables(package, "wheels"))
    ]
    found = ((text(place, "path"), place.get("editable") is True) for place in places)
    return tuple((seen_from(path, word), editable) for word, editable in found if word)


def _parsed(data: bytes) -> Table:
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has {len(data) >> 20} MiB, and more than {MAX_BYTES >> 20} are not read")
    lock = parse_toml(data)
    version = text(lock, "lock-version")
    if version.partition(".")[0] != "1":
        raise ValueError(f"its lock-version is {version!r}, and 1.0 is known")
    return lock


def _listed(tree: Tree, path: str) -> tuple[Listed, ...]:
    beside = (file for file in tree.files() if folder_of(file) == folder_of(path))
    project = next((file for file in beside if name_of(file).lower() == "pyproject.toml"), None)
    return read_pyproject(tree, project).listed if project else ()
