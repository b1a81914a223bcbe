"""poetry.lock, of every version of its format since 1.0.

Since 2.1 each package has its groups and one marker for all of them; before, what is installed follows from
what the packages need. Source: the locker of each Poetry, and its documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from webstead.project.manifests.locks.model import (
    Index,
    Lock,
    LockError,
    Need,
    Pin,
    checked_marker,
    checked_word,
    hashes_of,
)
from webstead.project.manifests.locks.needs import project_needs
from webstead.project.manifests.locks.places import git_reference, seen_from
from webstead.project.manifests.locks.staleness import poetry_hashes
from webstead.project.manifests.toml import Table, table, tables, text, texts

__all__ = ["parse_poetry"]


def parse_poetry(path: str, lock: Table, project: Table | None, manifest: str) -> Lock:
    """lock, project: poetry.lock and the pyproject.toml beside it. Raises LockError."""
    files = table(lock, "metadata", "files")
    old_hashes = table(lock, "metadata", "hashes")
    packages = tables(lock, "package")
    pins = tuple(_pin(path, package, files, old_hashes) for package in packages)
    flat = bool(packages) and all("groups" in package for package in packages)
    return Lock(
        path,
        "Poetry",
        "poetry lock",
        pins,
        flat,
        None if project is None else tuple(_roots(project)),
        tuple(_indexes(packages)),
        _stale(lock, project),
        manifest,
        text(table(lock, "metadata"), "python-versions"),
    )


def _stale(lock: Table, project: Table | None) -> str:
    written = text(table(lock, "metadata"), "content-hash")
    known = poetry_hashes(project) if project is not None and written else frozenset()
    return "its content-hash is that of another pyproject.toml" if known and written not in known else ""


def _pin(path: str, package: Table, files: Table, old_hashes: Table) -> Pin:
    name, source = text(package, "name"), table(package, "source")
    kind, url = text(source, "type"), text(source, "url")
    local = kind in ("directory", "file")
    reference = "" if local else _reference(name, kind, url, source)
    listed = tables(package, "files") or tables(files, name)
    found = tuple(text(file, "hash") for file in listed) or texts(old_hashes, name)
    return Pin(
        name,
        "" if local or reference else text(package, "version"),
        reference,
        seen_from(path, checked_word(name, url)) if local else "",
        editable=kind == "directory" and package.get("develop") is True,
        marker=checked_marker(name, _marker(package)),
        python=text(package, "python-versions"),
        hashes=() if kind in ("git", "directory") else hashes_of(name, found),
        index=text(source, "reference") if kind == "legacy" else "",
        production=_production(package),
        needs=tuple(_needs(table(package, "dependencies"))),
    )


def _reference(name: str, kind: str, url: str, source: Table) -> str:
    if kind in ("", "legacy", "pypi"):
        return ""
    if kind == "git":
        revision = text(source, "resolved_reference") or text(source, "reference")
        return git_reference(name, url, revision, text(source, "subdirectory"))
    if kind == "url":
        return checked_word(name, url)
    raise LockError(f"{kind!r}, the kind of the source of {name}, is none")


def _marker(package: Table) -> str:
    """Written once, or for each group; Poetry 1.0 called it otherwise."""
    by_group = text(table(package, "markers"), "main")
    return text(package, "markers") or by_group or text(package, "marker")


def _production(package: Table) -> bool:
    groups = texts(package, "groups")
    by_group = "main" in groups if groups else text(package, "category") in ("", "main")
    return by_group and package.get("optional") is not True


def _needs(dependencies: Table) -> Iterator[Need]:
    for name, value in dependencies.items():
        for each in value if isinstance(value, list) else [value]:
            yield _need(name, each)


def _need(name: str, value: object) -> Need:
    if isinstance(value, str):
        return Need(canonicalize_name(name), value)
    words = table(value)
    return Need(
        canonicalize_name(name),
        text(words, "version"),
        tuple(sorted(texts(words, "extras"))),
        checked_marker(name, text(words, "markers")),
        text(words, "python"),
    )


def _roots(project: Table) -> Iterator[Need]:
    """What the project asks for, without its groups and extras: by PEP 621, else in Poetry's table."""
    listed = table(project, "project")
    if "dependencies" in listed:
        yield from project_needs(listed)
        return
    for name, value in table(project, "tool", "poetry", "dependencies").items():
        if name.lower() != "python":
            several = value if isinstance(value, list) else [value]
            yield from (_need(name, each) for each in several if table(each).get("optional") is not True)


def _indexes(packages: tuple[Table, ...]) -> Iterator[Index]:
    """Those that packages were locked from. Packages of PyPI name no source."""
    sources = [table(package, "source") for package in packages]
    legacy = {
        text(source, "reference"): text(source, "url")
        for source in sources
        if text(source, "type") == "legacy"
    }
    alone = all(text(source, "type") == "legacy" for source in sources)
    for number, (name, url) in enumerate(legacy.items()):
        yield Index(name, checked_word(name, url), default=alone and number == 0)
