"""requirements.txt as pip reads it: includes, constraints, options, hashes, continuation lines.

Source: pip's "Requirements File Format". Nothing is resolved here; uv installs the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Specifier
from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.manifests.uv_dialect import in_uvs_words
from webstead.project.paths import folder_of, join
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["logical_lines", "read_requirements"]

MAX_INCLUDES = 64  # pip sets none; a tree with more included files than this is not one that people wrote

_INCLUDE = re.compile(r"^(-r|--requirement|-c|--constraint)(?:\s+|=|(?=[^\s=-]))(.+)$")
_COMMENT = re.compile(r"(^|\s)#.*$")
_PER_LINE_OPTION = re.compile(r"\s--?[a-z].*$")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_WHEEL = re.compile(r"([A-Za-z0-9][A-Za-z0-9._]*?)-\d[^/\\]*\.(?:whl|tar\.gz|zip)$")


@dataclass(slots=True)
class _Reading:
    tree: Tree
    listed: list[Listed] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_requirements(tree: Tree, path: str) -> Manifest:
    """path and everything it includes within the tree, constraints too. An include that is missing or outside
    becomes a finding."""
    reading = _Reading(tree)
    _read(reading, path, constraint=False)
    return Manifest(
        "requirements",
        path,
        tuple(reading.files),
        "lists the packages",
        tuple(reading.listed),
        findings=tuple(reading.findings),
    )


def _read(reading: _Reading, path: str, *, constraint: bool) -> None:
    if path in reading.files or len(reading.files) >= MAX_INCLUDES:
        return
    reading.files.append(path)
    text = decode(reading.tree.read(path))
    if not text.encoding.startswith("utf-8"):
        reading.findings.append(
            Finding(
                f"{path} is written in {text.encoding.upper()}, which pip reads only by luck.",
                "Save it as UTF-8; in PowerShell: pip freeze | Out-File -Encoding utf8 requirements.txt",
                (Evidence(path, 1, f"encoded as {text.encoding}"),),
            )
        )
    for note in in_uvs_words(text.text, lambda place, _: place)[1]:
        evidence = Evidence(path, note.line, note.said)
        reading.findings.append(Finding(f"{evidence.where}: {note.said}.", note.fix, (evidence,)))
    for number, line in logical_lines(text.lines):
        include = _INCLUDE.match(line)
        if include:
            _follow(reading, path, number, include[1] in ("-c", "--constraint") or constraint, include[2])
        elif not constraint:
            _take(reading, path, number, line)


def logical_lines(lines: list[str]) -> Iterator[tuple[int, str]]:
    """(number of the first physical line, text): continued lines joined, comments and blank lines dropped."""
    start, parts = 0, []
    for number, raw in enumerate(lines, 1):
        start = start or number
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            parts.append(raw[:-1])
            continue
        line = _COMMENT.sub("", "".join([*parts, raw])).strip()
        if line:
            yield start, line
        start, parts = 0, []
    rest = _COMMENT.sub("", "".join(parts)).strip()
    if rest:
        yield start, rest


def _follow(reading: _Reading, path: str, number: int, constraint: bool, word: str) -> None:
    wanted = word.strip().strip("\"'")
    if "://" in wanted:
        return  # uv fetches it; what it lists cannot be known without the network
    inside = join(folder_of(path), wanted)
    evidence = (Evidence(path, number, f"includes {wanted}"),)
    if inside is None:
        reading.findings.append(
            Finding(
                f"{path}:{number} includes {wanted}, which is outside the project.",
                "Move it into the project.",
                evidence,
            )
        )
    elif inside not in reading.tree.files():
        reading.findings.append(
            Finding(
                f"{path}:{number} includes {wanted}, which does not exist; the install will fail.",
                "Add the file or remove the line.",
                evidence,
            )
        )
    else:
        _read(reading, inside, constraint=constraint)


def _take(reading: _Reading, path: str, number: int, line: str) -> None:
    editable = re.match(r"^(?:-e|--editable)[\s=]+(.+)$", line)
    if line.startswith("-") and not editable:
        return
    text = editable[1] if editable else _PER_LINE_OPTION.sub("", line).strip()
    name = _name(text)
    if name and canonicalize_name(name) != "pkg-resources":
        reading.listed.append(Listed(canonicalize_name(name), text, Evidence(path, number, f"lists {text}")))


def _name(text: str) -> str | None:
    try:
        return Specifier(text).name
    except (InvalidRequirement, RecursionError):
        found = _EGG.search(text) or _WHEEL.search(text.rpartition("/")[2])
        if found:
            return found[1]
        loose = re.match(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:[=<>!~].*)?$", text)
        return loose[1] if loose and "/" not in text else None
