"""The locks that are read here: a table by kind; each as a manifest, and as what is installed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.locks.model import MAX_BYTES, Lock, LockError, Need
from webstead.project.manifests.locks.pdm import parse_pdm
from webstead.project.manifests.locks.pipfile import parse_pipfile_lock
from webstead.project.manifests.locks.poetry import parse_poetry
from webstead.project.manifests.model import Kind, Listed, Manifest
from webstead.project.manifests.poetry_versions import convert_constraint, python_marker
from webstead.project.manifests.requirement_line import both_markers
from webstead.project.manifests.toml import Table, parse_toml
from webstead.project.paths import folder_of, name_of
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["LOCKS", "lock_reader", "read_lock"]

Parser = Callable[[str, Table, Table | None, str], Lock]


@dataclass(frozen=True, slots=True)
class _Form:
    """beside: the manifest that is locked, in lower case. parse: of the path, both files' content, and the
    manifest's path."""

    tool: str
    relock: str
    beside: str
    read: Callable[[bytes], Table]
    parse: Parser


def _parse_json(data: bytes) -> Table:
    try:
        found = json.loads(decode(data).text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found


LOCKS: dict[Kind, _Form] = {
    "poetry.lock": _Form("Poetry", "poetry lock", "pyproject.toml", parse_toml, parse_poetry),
    "pdm.lock": _Form("PDM", "pdm lock", "pyproject.toml", parse_toml, parse_pdm),
    "pipfile.lock": _Form("Pipenv", "pipenv lock", "pipfile", _parse_json, parse_pipfile_lock),
}


def read_lock(kind: Kind, tree: Tree, path: str) -> Lock:
    """Raises LockError. A manifest beside it that cannot be read is none."""
    form, data = LOCKS[kind], tree.read(path)
    if len(data) > MAX_BYTES:
        raise LockError(f"it has {len(data) >> 20} MiB, and more than {MAX_BYTES >> 20} are not read")
    beside = _beside(tree, path, form.beside)
    try:
        lock = form.read(data)
    except ValueError as error:
        raise LockError(str(error).rstrip(".")) from None
    return form.parse(path, lock, _manifest(tree, beside), beside or "")


def _beside(tree: Tree, path: str, name: str) -> str | None:
    folder = folder_of(path)
    return next(
        (file for file in tree.files() if folder_of(file) == folder and name_of(file).lower() == name), None
    )


def _manifest(tree: Tree, path: str | None) -> Table | None:
    try:
        return parse_toml(tree.read(path)) if path else None
    except ValueError:
        return None


def lock_reader(kind: Kind) -> Callable[[Tree, str], Manifest]:
    """The reader of one kind. A lock that cannot be read is a manifest with a finding: it is the project's
    lock, and nothing else may be taken in its place."""

    def read(tree: Tree, path: str) -> Manifest:
        try:
            return _as_manifest(kind, tree, read_lock(kind, tree, path))
        except LockError as error:
            evidence = Evidence(path, 0, str(error))
            fix = f"Write it anew: {LOCKS[kind].relock}"
            finding = Finding(f"{path} cannot be installed from: {error}.", fix, (evidence,))
            return Manifest(kind, path, (path,), f"locked by {LOCKS[kind].tool}", findings=(finding,))

    return read


def _as_manifest(kind: Kind, tree: Tree, lock: Lock) -> Manifest:
    texts = {path: decode(tree.read(path)).text for path in (lock.path, lock.manifest) if path}
    names = frozenset(pin.name for pin in lock.pins if pin.production)
    asked = lock.roots or ()
    listed = tuple(_listed(lock.manifest, texts[lock.manifest], need) for need in asked)
    return Manifest(
        kind, lock.path, tuple(texts), f"locked by {lock.tool}", listed, names, tuple(_findings(lock))
    )


def _listed(path: str, text: str, need: Need) -> Listed:
    words = _requirement(need)
    entry = re.compile(rf"(?:^\s*|[\"']){need.name.replace('-', '[-_.]+')}(?![\w-])", re.IGNORECASE)
    lines = enumerate(text.splitlines(), 1)
    line = next((number for number, each in lines if entry.search(each)), 0)
    return Listed(need.name, words, Evidence(path, line, f"lists {words}"))


def _requirement(need: Need) -> str:
    """By PEP 508, also where the tool has other words."""
    converted = convert_constraint(need.version) if need.version else None
    marker = both_markers(need.marker, python_marker(need.python) or "" if need.python else "")
    extras = f"[{','.join(need.extras)}]" if need.extras else ""
    specifier = need.version if need.version[:1] in "<>=!" else converted.specifier if converted else ""
    return f"{need.name}{extras}{specifier}{f' ; {marker}' if marker else ''}"


def _findings(lock: Lock) -> list[Finding]:
    fix = f"Write it anew, and look at what changes: {lock.relock}"
    fixed = {pin.name for pin in lock.pins}
    asked = (need.name for need in lock.roots or () if not (need.marker or need.python))
    missing = sorted(set(asked) - fixed)
    if missing:
        what = f"{lock.path} does not fit {lock.manifest}"
        text = f"{what}: it has no {', '.join(missing)}. The install will fail."
        return [Finding(text, fix, (Evidence(lock.path, 0, f"it has no {missing[0]}"),))]
    if lock.stale:
        text = f"{lock.path} was not made from {lock.manifest} as it is now: {lock.stale}."
        return [Finding(text, fix, (Evidence(lock.path, 0, lock.stale),))]
    return []
