"""What a project says about its packages: the manifests that are read, those that are not yet, and misspelt
ones."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.paths import folder_of, join, name_of
from webstead.project.pyproject import Pyproject, read_pyproject
from webstead.project.requirements import Listed, RequirementsFile, read_requirements
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["Manifests", "read_manifests"]

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


@dataclass(frozen=True, slots=True)
class Manifests:
    """All None and no listed: the project states no packages. lock: uv.lock. folder: where they were
    found."""

    requirements: RequirementsFile | None = None
    pyproject: Pyproject | None = None
    lock: str | None = None
    listed: tuple[Listed, ...] = ()
    findings: tuple[Finding, ...] = ()
    locked: frozenset[str] = frozenset()

    @property
    def any(self) -> bool:
        """Whether packages are installed from something."""
        return bool(self.requirements or self.lock or (self.pyproject and self.pyproject.project))

    def lists(self, *names: str) -> Listed | None:
        """The first entry for one of the distributions (normalised names)."""
        return next((item for item in self.listed if item.name in names), None)

    def has(self, *names: str) -> bool:
        """Whether one of the distributions will be installed: listed, or locked as something that a listed
        one needs."""
        return not self.locked.isdisjoint(names) or self.lists(*names) is not None


def read_manifests(tree: Tree, folder: str = ".") -> Manifests:
    """The manifests in one folder, case of their names ignored."""
    files = {name_of(path).lower(): path for path in tree.files() if folder_of(path) == folder}
    requirements = read_requirements(tree, files["requirements.txt"]) if "requirements.txt" in files else None
    pyproject = read_pyproject(tree, files["pyproject.toml"]) if "pyproject.toml" in files else None
    lock = files.get("uv.lock") if pyproject else None
    listed = (*(requirements.listed if requirements else ()), *(pyproject.listed if pyproject else ()))
    manifests = Manifests(requirements, pyproject, lock, listed)
    findings = (
        *(requirements.findings if requirements else ()),
        *(pyproject.findings if pyproject else ()),
        *_misspelt(files),
        *_unsupported(files, manifests),
        *_doubled(manifests),
    )
    return Manifests(requirements, pyproject, lock, listed, findings, _locked(tree, lock))


def _locked(tree: Tree, lock: str | None) -> frozenset[str]:
    """The names in a uv.lock. One that cannot be read is uv's to complain of."""
    if lock is None:
        return frozenset()
    try:
        packages = tomllib.loads(decode(tree.read(lock)).text).get("package", [])
    except tomllib.TOMLDecodeError:
        return frozenset()
    names = (package.get("name") for package in packages if isinstance(package, dict))
    return frozenset(canonicalize_name(name) for name in names if isinstance(name, str))


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


def _unsupported(files: dict[str, str], manifests: Manifests) -> list[Finding]:
    if manifests.any:
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
    if manifests.pyproject and manifests.pyproject.poetry and not found:
        path = manifests.pyproject.path
        text = f"{path} lists its packages for Poetry, which is not installed from yet."
        found = [
            Finding(
                text,
                f"Make a requirements.txt: {_EXPORTS['poetry.lock']}",
                (Evidence(path, 0, "[tool.poetry]"),),
            )
        ]
    return found


def _doubled(manifests: Manifests) -> Sequence[Finding]:
    if not (manifests.requirements and manifests.lock):
        return ()
    left, right = manifests.lock, manifests.requirements.path
    return (
        Finding(
            f"Both {left} and {right} state the packages; {left} is installed and {right} is not read.",
            f"Delete the one that is out of date ({right} to keep this plan).",
            (Evidence(left, 0, "locked by uv"), Evidence(right, 0, "lists packages too")),
        ),
    )
