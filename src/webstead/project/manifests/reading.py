"""The manifests in one folder: a table of readers by file name, and what is said of other files."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Sequence

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.conda import parse_conda, read_conda
from webstead.project.manifests.conda_lock import FILE as CONDA_LOCK
from webstead.project.manifests.conda_lock import read_conda_lock
from webstead.project.manifests.locks.manifest import lock_reader
from webstead.project.manifests.locks.pylock import PYLOCK_NAMES, read_pylock
from webstead.project.manifests.model import KINDS, LOCK_KINDS, Kind, Manifest, Manifests
from webstead.project.manifests.pipfile import read_pipfile
from webstead.project.manifests.pixi import pixi_findings
from webstead.project.manifests.poetry import read_poetry
from webstead.project.manifests.pyproject import read_pep621, read_pyproject
from webstead.project.manifests.requirement_names import (
    REQUIREMENT_NAMES,
    named_requirements,
    other_requirements,
)
from webstead.project.manifests.requirements import read_requirements
from webstead.project.manifests.setup_files import read_setup
from webstead.project.manifests.uv_lock import read_uv_lock
from webstead.project.manifests.vendored import read_vendored, vendored_folder
from webstead.project.misspelt import misspelt
from webstead.project.paths import by_name, name_of
from webstead.project.stated import Stated
from webstead.project.tree import Tree

__all__ = ["read_manifest", "read_manifests"]

Reader = Callable[[Tree, str], Manifest | None]

_CONDA = ("environment.yaml", "environment.yml")


def _read_conda(tree: Tree, path: str) -> Manifest | None:
    return read_conda_lock(tree, path) if name_of(path).lower() == CONDA_LOCK else read_conda(tree, path)


READERS: dict[Kind, tuple[tuple[str, ...], Reader]] = {
    "lock": (("uv.lock",), read_uv_lock),
    "poetry.lock": (("poetry.lock",), lock_reader("poetry.lock")),
    "pdm.lock": (("pdm.lock",), lock_reader("pdm.lock")),
    "pipfile.lock": (("pipfile.lock",), lock_reader("pipfile.lock")),
    "pylock": (PYLOCK_NAMES, read_pylock),
    "requirements": (("requirements.txt",), read_requirements),
    "pyproject": (("pyproject.toml",), read_pep621),
    "poetry": (("pyproject.toml",), read_poetry),
    "pipfile": (("pipfile",), read_pipfile),
    "setup": (("setup.cfg", "setup.py"), read_setup),
    "conda": ((CONDA_LOCK, *_CONDA), _read_conda),
    "vendored": ((), read_vendored),
}
"""By kind: the file names, in lower case, of which the first that is there is read; and what reads it. A
pattern counts when one file fits it. None from a reader: the file states no packages of this kind."""


def read_manifest(kind: Kind, tree: Tree, path: str) -> Manifest | None:
    """One manifest, whose kind is known."""
    return READERS[kind][1](tree, path)


def read_manifests(tree: Tree, folder: str = ".", named: Stated | None = None) -> Manifests:
    """The manifests in one folder, case of their names ignored. named: the requirements file that the user
    names, which goes before all others."""
    files = by_name(tree.files(), folder)
    found = _conda_first(tuple(_found(tree, files)))
    wrong = misspelt(files, REQUIREMENT_NAMES)
    others: tuple[Finding, ...] = ()
    if named is not None:
        found = (named_requirements(tree, named), *(each for each in found if each.kind != "requirements"))
    elif not found:
        other, others = other_requirements(tree, folder)
        found, others = ((other,), others) if other else ((), () if wrong else others)
    found += tuple(_vendored(tree, folder, alone=not found))
    findings = (
        *(finding for manifest in found if _counts(manifest, found[0]) for finding in manifest.findings),
        *_malformed(tree, files, found),
        *_malformed_conda(tree, files),
        *wrong,
        *others,
        *pixi_findings(tree, files, {item.name for each in found for item in each.listed}),
        *(() if named else _doubled(found)),
    )
    return Manifests(found, findings, folder)


def _counts(manifest: Manifest, chosen: Manifest) -> bool:
    """Whether its findings matter. What cannot be converted does not, where nothing is."""
    return manifest is chosen or manifest.kind not in ("pyproject", "poetry", "pipfile", "setup")


def _found(tree: Tree, files: dict[str, str]) -> Iterator[Manifest]:
    told: set[tuple[Kind, str]] = set()  # a setup.py may name the requirements.txt, as its packages
    for kind in KINDS:
        names, reader = READERS[kind]
        path = next((path for name in names if (path := _named(files, name))), None)
        manifest = reader(tree, path) if path else None
        if manifest is not None and (manifest.kind, manifest.path) not in told:
            told.add((manifest.kind, manifest.path))
            yield manifest


def _vendored(tree: Tree, folder: str, *, alone: bool) -> Iterator[Manifest]:
    path = vendored_folder(tree, folder, alone=alone)
    if path:
        yield read_vendored(tree, path)


def _named(files: dict[str, str], pattern: str) -> str | None:
    found = (
        fnmatch.filter(files, pattern) if "*" in pattern else [name for name in (pattern,) if name in files]
    )
    return files[found[0]] if len(found) == 1 else None


def _malformed(tree: Tree, files: dict[str, str], found: Sequence[Manifest]) -> Sequence[Finding]:
    """A pyproject.toml that is no TOML is no manifest, and is said."""
    path = files.get("pyproject.toml")
    if path is None or any(manifest.path == path for manifest in found):
        return ()
    return read_pyproject(tree, path).findings


def _malformed_conda(tree: Tree, files: dict[str, str]) -> Sequence[Finding]:
    path = next((files[name] for name in _CONDA if name in files), None)
    read = parse_conda(path, tree.read(path)) if path else None
    return read.findings if read and not read.usable else ()


def _conda_first(found: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    """A conda environment that installs the other manifest itself (`pip: [-r requirements.txt]`) goes before
    it; else the other does: most environment.yml beside a requirements.txt are for developers."""
    others = {manifest.path for manifest in found if manifest.kind != "conda"}
    return tuple(sorted(found, key=lambda each: not (each.kind == "conda" and others & set(each.files[1:]))))


def _doubled(found: Sequence[Manifest]) -> Sequence[Finding]:
    """The first of them is installed; what is said of the second."""
    others = [each for each in found[1:] if _rivals(found[0].kind, each.kind)]
    return [
        Finding(
            f"Both {found[0].path} and {other.path} state the packages; {found[0].path} is installed and "
            f"{other.path} is not read.",
            f"Delete the one that is out of date ({other.path} to keep this plan).",
            (Evidence(found[0].path, 0, found[0].why), Evidence(other.path, 0, other.why)),
        )
        for other in others
    ]


def _rivals(chosen: Kind, other: Kind) -> bool:
    """Whether one is installed and the other is left. A pyproject.toml often describes more than packages,
    and a lock is of it."""
    if other == "vendored":
        return True
    if chosen in LOCK_KINDS:
        return other in LOCK_KINDS or other in ("requirements", "conda")
    return (chosen, other) in _RIVALS


_RIVALS = frozenset(
    {
        ("requirements", "conda"),
        ("requirements", "pipfile"),
        ("pyproject", "pipfile"),
        ("poetry", "pipfile"),
    }
)
