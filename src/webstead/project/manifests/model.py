"""A manifest as a value: one place where a project states its packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.package_indexes import Index

__all__ = ["KINDS", "LOCK_KINDS", "Kind", "Listed", "Manifest", "Manifests"]

Kind = Literal[
    "lock",
    "poetry.lock",
    "pdm.lock",
    "pipfile.lock",
    "pylock",
    "requirements",
    "pyproject",
    "poetry",
    "pipfile",
    "setup",
    "conda",
    "vendored",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Which is installed from when a project has several, the first first. `lock` is uv.lock, `pylock` is PEP
751's. A `conda` whose pip part installs another of them goes before it."""

LOCK_KINDS: frozenset[Kind] = frozenset({"lock", "poetry.lock", "pdm.lock", "pipfile.lock", "pylock"})
"""Those that fix a version of every package, for another manifest that asks for some of them."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One package that a manifest asks for. name: normalised (PEP 503). text: as written."""

    name: str
    text: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Manifest:
    """One place that states packages. The kind names its reader, the plan's step and what performs it.

    files: all that is read for it, path first. listed: what the project asks for. locked: the normalised
    names that it fixes, none where it is no lock. why: what makes it count, for the plan's evidence.
    findings: what is wrong with it. lines: it as lines of a requirements file, where uv does not read the
    file itself. computed: only the project's own build backend can say what it asks for. indexes: where its
    packages come from, besides PyPI.
    """

    kind: Kind
    path: str
    files: tuple[str, ...]
    why: str
    listed: tuple[Listed, ...] = ()
    locked: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    lines: tuple[str, ...] | None = None
    computed: bool = False
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifests:
    """found: the manifests of one folder that can be installed from, in the order of KINDS. findings: theirs,
    and what is said of other files."""

    found: tuple[Manifest, ...] = ()
    findings: tuple[Finding, ...] = ()
    folder: str = "."

    @property
    def chosen(self) -> Manifest | None:
        """The one that packages are installed from; None when the project states none."""
        return self.found[0] if self.found else None

    @property
    def any(self) -> bool:
        return bool(self.found)

    @property
    def known(self) -> bool:
        """Whether it is known what will be installed: what is not listed then is not there."""
        return self.any and not self.found[0].computed

    @property
    def listed(self) -> tuple[Listed, ...]:
        """What all of them ask for; what one manifest says for another is there once."""
        return tuple(dict.fromkeys(item for manifest in self.found for item in manifest.listed))

    def of(self, kind: Kind) -> Manifest | None:
        return next((manifest for manifest in self.found if manifest.kind == kind), None)

    def lists(self, *names: str) -> Listed | None:
        """The first entry for one of the distributions (normalised names)."""
        return next((item for item in self.listed if item.name in names), None)

    def has(self, *names: str) -> bool:
        """Whether one of the distributions will be installed: listed, or locked as something that a listed
        one needs."""
        locked = any(not manifest.locked.isdisjoint(names) for manifest in self.found)
        return locked or self.lists(*names) is not None
