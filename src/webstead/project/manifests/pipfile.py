"""Pipfile: what Pipenv installs without `--dev`, as requirement lines.

Source: Pipenv's "Pipfile & Pipfile.lock" and the Pipfile specification. `[dev-packages]` and groups of the
user's own are for developers. A lock beside it has its own reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.manifests.package_indexes import read_indexes
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

__all__ = ["read_pipfile"]

MAX_ENTRIES = 2000

_MARKERS = (
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
    "implementation_version",
)
"""PEP 508's variables, each of which may be a key of a package: `sys_platform = "== 'win32'"`."""


@dataclass(slots=True)
class _Reading:
    file: TomlFile
    listed: list[Listed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def evidence(self, name: str) -> Evidence:
        return Evidence(self.file.path, self.file.line_of_key(name, "packages"), f"lists {name}")

    def odd(self, name: str, text: str, fix: str) -> None:
        evidence = self.evidence(name)
        self.findings.append(Finding(f"{evidence.where}: {name} {text}", fix, (evidence,)))


def read_pipfile(tree: Tree, path: str) -> Manifest:
    """A file that is no TOML lists nothing, and says so."""
    reading = _Reading(read_toml(tree, path))
    if reading.file.problem:
        reading.findings.append(reading.file.problem)
    data = reading.file.data
    for name, value in list(table(data, "packages").items())[:MAX_ENTRIES]:
        _take(reading, name, value)
    return Manifest(
        "pipfile",
        path,
        (path,),
        "[packages]",
        tuple(reading.listed),
        findings=tuple(reading.findings),
        lines=tuple(item.text for item in reading.listed),
        indexes=read_indexes(tables(data, "source"), first_is_default=True),
    )


def _take(reading: _Reading, name: str, value: object) -> None:
    if not NAME.fullmatch(name):
        reading.odd(name, "is no name of a package.", "Correct the name.")
        return
    entry = _entry(reading, name, value if isinstance(value, dict) else {"version": value})
    if entry is not None:
        evidence = reading.evidence(name)
        reading.listed.append(Listed(canonicalize_name(name), entry.line, evidence))


def _entry(reading: _Reading, name: str, value: Table) -> Entry | None:
    extras, marker = texts(value, "extras"), both_markers(*_markers(reading, name, value))
    if "path" in value:
        path = local_path(folder_of(reading.file.path), text(value, "path"))
        if path is None:
            reading.odd(name, "has a path that is none.", 'Write path = "./folder", seen from this file.')
            return None
        return Entry(name, extras=extras, marker=marker, path=path, editable=value.get("editable") is True)
    if "git" in value or "file" in value:
        inside = text(value, "subdirectory")
        address = (
            git_address(text(value, "git"), text(value, "ref"), inside)
            if "git" in value
            else archive_address(text(value, "file"), inside)
        )
        if address is None:
            reading.odd(name, "has an address that is none.", "Correct it, or the `ref` behind it.")
            return None
        return Entry(name, extras=extras, marker=marker, address=address)
    return Entry(name, _specifier(reading, name, value.get("version", "*")), extras, marker)


def _specifier(reading: _Reading, name: str, written: object) -> str:
    if written == "*" or written == "":
        return ""
    try:
        return str(SpecifierSet(_as_specifier(str(written))))
    except InvalidSpecifier:
        fix = f'Write one such as {name} = "~=1.2"; the caret of Poetry is none of Pipenv\'s.'
        reading.odd(name, f"has no version specifier ({written}): it is installed in any version.", fix)
        return ""


def _as_specifier(written: str) -> str:
    """A bare version is that one."""
    return f"=={written}" if written[:1].isdigit() else written


def _markers(reading: _Reading, name: str, value: Table) -> Iterator[str]:
    """`markers`, and the variables that are keys of their own."""
    given = [text(value, "markers"), *(f"{key} {value[key]}" for key in _MARKERS if key in value)]
    for said in given:
        marker = checked_marker(said)
        if marker is None:
            fix = "Write one such as markers = \"sys_platform == 'linux'\"."
            reading.odd(name, f"has a condition that is none: {said}. It is installed everywhere.", fix)
        elif marker:
            yield marker
