"""What a deployment brought into a release: its files, with what tells whether one was touched since, and
folders. Paths are relative, with `/`.

Two files beside each release: `manifest` as Kudu writes it (a relative path a line, folders and files), for
people and tools that read that; `files.json` with the facts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webstead.effects.files import write_atomically

__all__ = [
    "EMPTY",
    "Entry",
    "Manifest",
    "facts_of",
    "from_facts",
    "from_lines",
    "parents_of",
    "read_manifest",
    "write_manifest",
]

VERSION = 1
_FACTS = "files.json"
_KUDU = "manifest"

LARGEST = 128 << 20
"""Bytes of a manifest; that of 200,000 files has 20 MB."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was written. crc: CRC-32 of its bytes, where it came from a zip; None where nobody has
    read them. stamp: the time that the zip gave it, in seconds since 1970, which can be another than that on
    the disk (see `unpack`); None where it came from elsewhere."""

    size: int
    mtime_ns: int
    crc: int | None = None
    stamp: int | None = None

    def describes(self, facts: os.stat_result) -> bool:
        """Whether a file is as it was brought, by its size and time."""
        return (facts.st_size, facts.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True, slots=True)
class Manifest:
    """files: by relative path. folders: those that were deployed, also empty ones, without those that only
    the files' paths name."""

    files: Mapping[str, Entry] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()

    @property
    def all_folders(self) -> frozenset[str]:
        """Every folder that something deployed lies in, or that was deployed itself."""
        return self.folders.union(parents_of(self.files), parents_of(self.folders))

    @property
    def size(self) -> int:
        """Bytes of all files; of those that nobody has looked at, none."""
        return sum(max(entry.size, 0) for entry in self.files.values())

    def untouched(self, folder: Path, path: str) -> bool:
        """Whether the file in that release's folder is as it was deployed, by its size and time."""
        entry = self.files[path]
        try:
            now = os.lstat(folder / path)
        except OSError:
            return False
        return entry.describes(now)

    def lines(self) -> list[str]:
        """As Kudu lists: folders and files, sorted."""
        return sorted((*self.files, *self.all_folders))


EMPTY = Manifest()


def parents_of(paths: Iterable[str]) -> Iterator[str]:
    """Every folder above these paths; some more than once."""
    for path in paths:
        at = path.rfind("/")
        while at > 0:
            yield path[:at]
            at = path.rfind("/", 0, at)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Into the folder that is kept of a deployment. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / _FACTS, facts_of(manifest))
    write_atomically(folder / _KUDU, "\n".join(manifest.lines()).encode("utf-8", "surrogateescape"))


def read_manifest(folder: Path) -> Manifest:
    """An empty one where there is none that can be read: what is not known to be deployed is never removed.
    Of one that only Kudu wrote, the paths."""
    try:
        return from_facts(_read(folder / _FACTS))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return _of_kudu(folder)


def facts_of(manifest: Manifest) -> bytes:
    files = [[path, e.size, e.mtime_ns, e.crc, e.stamp] for path, e in manifest.files.items()]
    facts = {"version": VERSION, "files": files, "folders": sorted(manifest.folders)}
    return json.dumps(facts, separators=(",", ":")).encode()


def from_facts(data: bytes) -> Manifest:
    """Raises ValueError, TypeError, KeyError or RecursionError for what `facts_of` has not written."""
    facts = json.loads(data)
    if not isinstance(facts, dict) or facts["version"] != VERSION:
        raise ValueError(f"not of version {VERSION}")
    files = {
        _path(path): Entry(_number(size), _number(time), _number_or_none(crc), _number_or_none(stamp))
        for path, size, time, crc, stamp in facts["files"]
    }
    return Manifest(files, frozenset(_path(path) for path in facts["folders"]))


def from_lines(lines: Iterable[str]) -> Manifest:
    """Of Kudu's lines, with either separator: a path that others lie below is a folder; of a file nothing
    else is known, so that none is ever taken for unchanged. Blanks at the ends of a line are none of its
    path; a folder whose name ends in one cannot be listed, so what lies in it is not taken for deployed."""
    paths = {path for line in lines if _is_listed(path := _bare(line.replace("\\", "/")))}
    above = set(parents_of(paths))
    return Manifest({path: Entry(-1, -1) for path in sorted(paths - above)}, frozenset(paths & above))


def _of_kudu(folder: Path) -> Manifest:
    try:
        return from_lines(_read(folder / _KUDU).decode("utf-8", "surrogateescape").split("\n"))
    except OSError:
        return EMPTY


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OSError(f"{path} is larger than any manifest")
    return data


def _bare(line: str) -> str:
    """Without blanks and separators at its ends, in whatever order they stand."""
    while (bare := line.strip().strip("/")) != line:
        line = bare
    return line


def _is_listed(path: str) -> bool:
    return _is_path(path) and all(part == part.strip() for part in path.split("/"))


def _is_path(text: str) -> bool:
    return all(part not in ("", ".", "..") for part in text.split("/"))


def _path(value: object) -> str:
    if not isinstance(value, str) or not _is_path(value):
        raise ValueError("a path that leads out of the release")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("not a number where one is due")
    return value


def _number_or_none(value: object) -> int | None:
    return None if value is None else _number(value)
