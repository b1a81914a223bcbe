"""The manifests in one folder: a table of readers by file name, and what is said of other files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import KINDS, Kind, Manifest, Manifests
from webstead.project.manifests.pyproject import read_pep621, read_pyproject
from webstead.project.manifests.requirements import read_requirements
from webstead.project.manifests.uv_lock import read_uv_lock
from webstead.project.paths import folder_of, join, name_of
from webstead.project.tree import Tree

__all__ = ["read_manifest", "read_manifests"]

Reader = Callable[[Tree, str], Manifest | None]

READERS: dict[Kind, tuple[tuple[str, ...], Reader]] = {
    "lock": (("uv.lock",), read_uv_lock),
    "requirements": (("requirements.txt",), read_requirements),
    "pyproject": (("pyproject.toml",), read_pep621),
}
"""By kind: the file names, in lower case, of which the first that is there is read; and what reads it. None
from a reader: the file states no packages of this kind."""

_MISSPELT = {
    "requirement.txt": "requirements.txt",
    "requirments.txt": "requirements.txt",
    "requirements.text": "requirements.txt",
    "requirments.text": "requirements.txt",
    "requirements.tx": "requirements.txt",
    "requirements.txt.txt": "requirements.txt",
    "requiremets.txt": "requirements.txt",
    "requeriments.txt": "requirements.txt",
    "requirements": "requirements.txt",
    "pyproject.tml": "pyproject.toml",
    "procfile.txt": "Procfile",
    "profile": "Procfile",
}
_EXPORTS = {
    "poetry.lock": "uvx --from poetry --with poetry-plugin-export poetry export -o requirements.txt",
    "Pipfile": "uvx pipenv requirements > requirements.txt",
    "Pipfile.lock": "uvx pipenv requirements > requirements.txt",
    "pdm.lock": "uvx pdm export -o requirements.txt --prod",
    "environment.yml": "list the packages in requirements.txt",
    "environment.yaml": "list the packages in requirements.txt",
    "pixi.toml": "list the packages in requirements.txt",
    "setup.py": "move its install_requires to pyproject.toml's dependencies, or requirements.txt",
    "setup.cfg": "move its install_requires to pyproject.toml's dependencies, or requirements.txt",
}


def read_manifest(kind: Kind, tree: Tree, path: str) -> Manifest | None:
    """One manifest, whose kind is known."""
    return READERS[kind][1](tree, path)


def read_manifests(tree: Tree, folder: str = ".") -> Manifests:
    """The manifests in one folder, case of their names ignored."""
    files = {name_of(path).lower(): path for path in tree.files() if folder_of(path) == folder}
    found = tuple(_found(tree, files))
    findings = (
        *(finding for manifest in found for finding in manifest.findings),
        *_malformed(tree, files, found),
        *_misspelt(files),
        *_unsupported(tree, files, found),
        *_doubled(found),
    )
    return Manifests(found, findings, folder)


def _found(tree: Tree, files: dict[str, str]) -> Iterator[Manifest]:
    for kind in KINDS:
        names, reader = READERS[kind]
        path = next((files[name] for name in names if name in files), None)
        manifest = reader(tree, path) if path else None
        if manifest is not None:
            yield manifest


def _malformed(tree: Tree, files: dict[str, str], found: Sequence[Manifest]) -> Sequence[Finding]:
    """A pyproject.toml that is no TOML is no manifest, and is said."""
    path = files.get("pyproject.toml")
    if path is None or any(manifest.path == path for manifest in found):
        return ()
    return read_pyproject(tree, path).findings


def _misspelt(files: dict[str, str]) -> list[Finding]:
    return [
        Finding(
            f"{files[wrong]} is not read: the name is {right}.",
            f"Rename it: mv {files[wrong]} {join(folder_of(files[wrong]), right)}",
            (Evidence(files[wrong], 0, f"misspelt {right}"),),
        )
        for wrong, right in _MISSPELT.items()
        if wrong in files and right.lower() not in files
    ]


def _unsupported(tree: Tree, files: dict[str, str], manifests: Sequence[Manifest]) -> list[Finding]:
    if manifests:
        return []
    found = [
        Finding(
            f"{files[name.lower()]} is not installed from yet; the environment stays without its packages.",
            f"Make a requirements.txt: {how}",
            (Evidence(files[name.lower()], 0, "packages are stated here"),),
        )
        for name, how in _EXPORTS.items()
        if name.lower() in files
    ][:1]
    path = files.get("pyproject.toml")
    if path and not found and read_pyproject(tree, path).poetry:
        text = f"{path} lists its packages for Poetry, which is not installed from yet."
        found = [
            Finding(
                text,
                f"Make a requirements.txt: {_EXPORTS['poetry.lock']}",
                (Evidence(path, 0, "[tool.poetry]"),),
            )
        ]
    return found


def _doubled(found: Sequence[Manifest]) -> Sequence[Finding]:
    kinds = {manifest.kind: manifest.path for manifest in found}
    if not ("requirements" in kinds and "lock" in kinds):
        return ()
    left, right = kinds["lock"], kinds["requirements"]
    return (
        Finding(
            f"Both {left} and {right} state the packages; {left} is installed and {right} is not read.",
            f"Delete the one that is out of date ({right} to keep this plan).",
            (Evidence(left, 0, "locked by uv"), Evidence(right, 0, "lists packages too")),
        ),
    )
