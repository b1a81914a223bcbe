"""Pipfile.lock: its section `default`; `develop` and the others are not for production."""

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
from webstead.project.manifests.locks.places import git_reference, seen_from
from webstead.project.manifests.locks.staleness import pipfile_hash
from webstead.project.manifests.toml import Table, table, tables, text, texts

__all__ = ["parse_pipfile_lock"]


def parse_pipfile_lock(path: str, lock: Table, pipfile: Table | None, manifest: str) -> Lock:
    """lock, pipfile: Pipfile.lock and the Pipfile beside it. Raises LockError."""
    if "default" not in lock:
        raise LockError("it has no section `default`")
    pins = tuple(_pin(path, name, table(value)) for name, value in table(lock, "default").items())
    roots = None if pipfile is None else tuple(_roots(pipfile))
    stale = _stale(lock, pipfile)
    return Lock(path, "Pipenv", "pipenv lock", pins, True, roots, tuple(_indexes(lock)), stale, manifest)


def _stale(lock: Table, pipfile: Table | None) -> str:
    written = text(table(lock, "_meta", "hash"), "sha256")
    known = pipfile_hash(pipfile) if pipfile is not None and written else ""
    return "its hash is that of another Pipfile" if known and written != known else ""


def _pin(path: str, name: str, entry: Table) -> Pin:
    file, folder = text(entry, "file"), text(entry, "path")
    local = folder or (file if "://" not in file else "")
    reference = _reference(name, entry, file)
    return Pin(
        name,
        "" if local or reference else text(entry, "version").removeprefix("=="),
        reference,
        seen_from(path, checked_word(name, local)) if local else "",
        editable=entry.get("editable") is True,
        marker=checked_marker(name, text(entry, "markers")),
        hashes=() if local or text(entry, "git") else hashes_of(name, texts(entry, "hashes")),
        index=text(entry, "index"),
    )


def _reference(name: str, entry: Table, file: str) -> str:
    if url := text(entry, "git"):
        return git_reference(name, url, text(entry, "ref"), text(entry, "subdirectory"))
    return checked_word(name, file) if "://" in file else ""


def _roots(pipfile: Table) -> Iterator[Need]:
    for name, value in table(pipfile, "packages").items():
        words = table(value)
        version = value if isinstance(value, str) else text(words, "version")
        marker = checked_marker(name, text(words, "markers"))
        yield Need(canonicalize_name(name), "" if version == "*" else version, (), marker)


def _indexes(lock: Table) -> Iterator[Index]:
    """The first takes the place of PyPI."""
    for number, source in enumerate(tables(table(lock, "_meta"), "sources")):
        if url := text(source, "url"):
            yield Index(text(source, "name"), checked_word("a source", url), default=number == 0)
