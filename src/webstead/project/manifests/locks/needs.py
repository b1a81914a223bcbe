"""What a project asks for, by PEP 508, as needs of its lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from webstead.project.manifests.locks.model import Need
from webstead.project.manifests.toml import Table, texts

__all__ = ["project_needs", "requirement_needs"]


def project_needs(project: Table) -> Iterator[Need]:
    """`dependencies` of the table `[project]`."""
    yield from requirement_needs(texts(project, "dependencies"))


def requirement_needs(lines: Iterable[str]) -> Iterator[Need]:
    """What is no requirement is left out: no tool locks it."""
    for line in lines:
        try:
            found = Requirement(line)
        except (InvalidRequirement, RecursionError):
            continue
        marker = str(found.marker) if found.marker else ""
        name = canonicalize_name(found.name)
        yield Need(name, str(found.specifier), tuple(sorted(found.extras)), marker)
