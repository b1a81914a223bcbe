"""Poetry's own table of dependencies as requirement lines: `[tool.poetry.dependencies]`, the main group.

Source: Poetry's "The pyproject.toml file", "Dependency specification", "Repositories". Groups other than the
main one, and optional dependencies, are for who asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.manifests.package_indexes import Index, read_indexes
from webstead.project.manifests.poetry_versions import convert_constraint, python_marker
from webstead.project.manifests.requirement_line import (
    NAME,
    Entry,
    archive_address,
    both_markers,
    checked_marker,
    git_address,
    local_path,
)
from webstead.project.manifests.toml import Table, table, tables, text, texts
from webstead.project.manifests.toml_file import TomlFile, read_toml
from webstead.project.paths import folder_of
from webstead.project.tree import Tree

__all__ = ["PoetryTable", "poetry_table", "read_poetry"]

TABLE = "tool.poetry.dependencies"
MAX_ENTRIES = 2000


@dataclass(slots=True)
class PoetryTable:
    """listed: one for each line. elsewhere: the names that come from a repository, an address or a folder."""

    file: TomlFile
    listed: list[Listed] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    indexes: tuple[Index, ...] = ()

    def odd(self, name: str, text: str, fix: str) -> None:
        line = self.file.line_of_key(name, TABLE)
        evidence = Evidence(self.file.path, line, f"lists {name}")
        self.findings.append(Finding(f"{evidence.where}: {name} {text}", fix, (evidence,)))


def read_poetry(tree: Tree, path: str) -> Manifest | None:
    """None where `[project]` states the dependencies, as Poetry 2 may, or nothing does."""
    file = read_toml(tree, path)
    dependencies = table(file.data, "tool", "poetry", "dependencies")
    if not dependencies or table(file.data, "project").get("dependencies"):
        return None
    read = poetry_table(file)
    return Manifest(
        "poetry",
        path,
        (path,),
        "[tool.poetry.dependencies]",
        tuple(read.listed),
        findings=tuple(read.findings),
        lines=tuple(item.text for item in read.listed),
        indexes=read.indexes,
    )


def poetry_table(file: TomlFile) -> PoetryTable:
    """The table as lines. What cannot be said in one becomes a finding."""
    read = PoetryTable(file)
    poetry = table(file.data, "tool", "poetry")
    read.indexes = read_indexes(tables(poetry, "source"))
    for name, value in list(table(poetry, "dependencies").items())[:MAX_ENTRIES]:
        if name.lower() != "python":
            _take(read, name, value)
    return read


def _take(read: PoetryTable, name: str, value: object) -> None:
    """value: a constraint, a table, or a list of either, of which each holds for some Pythons."""
    if not NAME.fullmatch(name):
        read.odd(name, "is no name of a package.", "Correct the name.")
        return
    for each in value if isinstance(value, list) else [value]:
        entry = each if isinstance(each, dict) else {"version": each}
        if entry.get("optional") is True:
            continue
        converted = _entry(read, name, entry)
        if converted is None:
            continue
        line = read.file.line_of_key(name, TABLE)
        evidence = Evidence(read.file.path, line, f"lists {converted.line}")
        read.listed.append(Listed(canonicalize_name(name), converted.line, evidence))
        if converted.path or converted.address:
            read.elsewhere.add(canonicalize_name(name))


def _entry(read: PoetryTable, name: str, value: Table) -> Entry | None:
    marker = _marker(read, name, value)
    extras = texts(value, "extras")
    if "path" in value or "file" in value:
        path = local_path(folder_of(read.file.path), text(value, "path") or text(value, "file"))
        if path is None:
            read.odd(name, "has a path that is none.", 'Write path = "folder", seen from this file.')
            return None
        _outside(read, name, path)
        return Entry(name, extras=extras, marker=marker, path=path, editable=value.get("develop") is True)
    if "git" in value or "url" in value:
        address = _address(value)
        if address is None:
            read.odd(name, "has an address that is none.", "Correct it, or the revision behind it.")
            return None
        return Entry(name, extras=extras, marker=marker, address=address)
    return Entry(name, _specifier(read, name, value), extras, marker)


def _outside(read: PoetryTable, name: str, path: str) -> None:
    if path.startswith("../"):
        read.odd(
            name, f"is taken from {path}, which is outside the project.", f"Move {path} into the project."
        )


def _address(value: Table) -> str | None:
    if "url" in value:
        return archive_address(text(value, "url"), text(value, "subdirectory"))
    revision = next(filter(None, (text(value, key) for key in ("rev", "tag", "branch"))), "")
    return git_address(text(value, "git"), revision, text(value, "subdirectory"))


def _specifier(read: PoetryTable, name: str, value: Table) -> str:
    written = value.get("version", "*")
    converted = convert_constraint(written.strip()) if isinstance(written, str) else None
    if converted is None:
        shown = written if isinstance(written, str) else type(written).__name__
        read.odd(
            name,
            f"has no constraint of Poetry's ({shown}): it is installed in any version.",
            f'Write one such as {name} = "^1.2".',
        )
        return ""
    if not converted.exact:
        taken = converted.specifier or "any version"
        read.odd(name, f"asks for {written}, and is installed as {taken}.", "Write one range.")
    if value.get("allow-prereleases") is True:
        return ",".join(filter(None, (converted.specifier, ">=0.dev0")))
    return converted.specifier


def _marker(read: PoetryTable, name: str, value: Table) -> str:
    return both_markers(*_markers(read, name, value))


def _markers(read: PoetryTable, name: str, value: Table) -> Iterator[str]:
    python = text(value, "python")
    on_python = python_marker(python.strip()) if python else ""
    written = checked_marker(text(value, "markers"))
    for found, said in ((on_python, python), (written, text(value, "markers"))):
        if found is None:
            fix = 'Write one such as python = "^3.9", or markers = "sys_platform == \'linux\'".'
            read.odd(name, f"has a condition that is none: {said}. It is installed everywhere.", fix)
        elif found:
            yield found
    platforms = [part.strip() for part in text(value, "platform").split("|") if part.strip()]
    if platforms and all(part.isalnum() for part in platforms):
        yield " or ".join(f"sys_platform == '{part}'" for part in platforms)
