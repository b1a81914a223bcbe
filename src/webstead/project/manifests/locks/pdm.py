"""pdm.lock, of the formats 4.x.

With the strategy `inherit_metadata`, PDM's default since 2.12, each package has its groups and its marker;
else what is installed follows from what the packages need. An extra is an entry of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from webstead.project.manifests.locks.model import (
    Index,
    Lock,
    Pin,
    checked_marker,
    checked_word,
    hashes_of,
)
from webstead.project.manifests.locks.needs import project_needs, requirement_needs
from webstead.project.manifests.locks.places import git_reference, seen_from
from webstead.project.manifests.locks.staleness import pdm_hashes
from webstead.project.manifests.toml import Table, table, tables, text, texts

__all__ = ["parse_pdm"]


def parse_pdm(path: str, lock: Table, project: Table | None, manifest: str) -> Lock:
    """lock, project: pdm.lock and the pyproject.toml beside it. Raises LockError."""
    metadata = table(lock, "metadata")
    files = table(metadata, "files")
    return Lock(
        path,
        "PDM",
        "pdm lock",
        tuple(_pin(path, package, files) for package in tables(lock, "package")),
        "inherit_metadata" in texts(metadata, "strategy"),
        None if project is None else tuple(project_needs(table(project, "project"))),
        tuple(_indexes(project or {})),
        _stale(metadata, project),
        manifest,
        _python(metadata, project),
    )


def _python(metadata: Table, project: Table | None) -> str:
    """Of any of its targets; older locks have none."""
    targets = [text(target, "requires_python") for target in tables(metadata, "targets")]
    return "||".join(targets) if targets else text(table(project or {}, "project"), "requires-python")


def _stale(metadata: Table, project: Table | None) -> str:
    algorithm, _, written = text(metadata, "content_hash").partition(":")
    known = pdm_hashes(project) if project is not None and algorithm == "sha256" else frozenset()
    return "its content_hash is that of another pyproject.toml" if known and written not in known else ""


def _pin(path: str, package: Table, files: Table) -> Pin:
    name, version = text(package, "name"), text(package, "version")
    local = text(package, "path")
    reference = _reference(name, package)
    listed = tables(package, "files") or tables(files, f"{name} {version}")
    hashed = not (local or text(package, "git"))
    return Pin(
        name,
        "" if local or reference else version,
        reference,
        seen_from(path, checked_word(name, local)) if local else "",
        editable=package.get("editable") is True,
        extras=tuple(sorted(texts(package, "extras"))),
        marker=checked_marker(name, text(package, "marker")),
        python=text(package, "requires_python"),
        hashes=hashes_of(name, tuple(text(file, "hash") for file in listed)) if hashed else (),
        production="default" in (texts(package, "groups") or ("default",)),
        needs=tuple(requirement_needs(texts(package, "dependencies"))),
    )


def _reference(name: str, package: Table) -> str:
    if url := text(package, "git"):
        revision = text(package, "revision") or text(package, "ref")
        return git_reference(name, url, revision, text(package, "subdirectory"))
    url = text(package, "url")
    return checked_word(name, url) if url else ""


def _indexes(project: Table) -> Iterator[Index]:
    """PDM's source of the name `pypi` takes the place of PyPI."""
    for source in tables(table(project, "tool", "pdm"), "source"):
        name, url = text(source, "name"), text(source, "url")
        if url and text(source, "type") in ("", "index"):
            yield Index(name, checked_word(name, url), default=name == "pypi")
