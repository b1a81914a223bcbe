"""What a deployment brought into a release: its files, with what tells whether one was touched since, and
folders.

Two files beside each release: `manifest` as Kudu writes it (a relative path a line, folders and files), for
people and tools that read that; `files.json` with the facts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from webstead.effects.files import write_atomically

__all__ = ["EMPTY", "Entry", "Manifest", "read_manifest", "write_manifest"]

VERSION = 1
_FACTS = "files.json"
_KUDU = "manifest"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was written. crc: CRC-32 of its bytes, where it came from a zip; None where nobody has
    read them."""

    size: int
    mtime_ns: int
    crc: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """files: by relative path, with `/`. folders: those that were deployed, also empty ones, without those
    that only the files' paths name."""

    files: Mapping[str, Entry] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()

    @property
    def all_folders(self) -> frozenset[str]:
        """Every folder that something deployed lies in, or that was deployed itself."""
        above = {
            str(parent) for path in (*self.files, *self.folders) for parent in PurePosixPath(path).parents
        }
        return frozenset((above | self.folders) - {"."})

    def untouched(self, folder: Path, path: str) -> bool:
        """Whether the file in that release's folder is as it was deployed, by its size and time."""
        entry = self.files[path]
        try:
            now = os.lstat(folder / path)
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (entry.size, entry.mtime_ns)

    def lines(self) -> list[str]:
        """As Kudu lists: folders and files, sorted."""
        return sorted((*self.files, *self.all_folders))


EMPTY = Manifest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Into the folder that is kept of a deployment."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [[path, entry.size, entry.mtime_ns, entry.crc] for path, entry in manifest.files.items()]
    facts = {"version": VERSION, "files": files, "folders": sorted(manifest.folders)}
    write_atomically(
        folder / _FACTS, json.dumps(facts, separators=(",", ":")).encode("utf-8", "surrogateescape")
    )
    write_atomically(folder / _KUDU, "\n".join(manifest.lines()).encode("utf-8", "surrogateescape"))


def read_manifest(folder: Path) -> Manifest:
    """An empty one where there is none that can be read: what is not known to be deployed is never removed.
    Of one that only Kudu wrote, the paths."""
    try:
        data = json.loads((folder / _FACTS).read_bytes())
        if isinstance(data, dict) and data.get("version") == VERSION:
            files = {str(path): Entry(int(size), int(time), crc) for path, size, time, crc in data["files"]}
            return Manifest(files, frozenset(map(str, data["folders"])))
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return _of_kudu(folder)


def _of_kudu(folder: Path) -> Manifest:
    try:
        lines = (folder / _KUDU).read_text("utf-8", "surrogateescape").split("\n")
    except OSError:
        return EMPTY
    return from_lines(line.rstrip("\r").replace("\\", "/").strip("/") for line in lines)


def from_lines(lines: Iterable[str]) -> Manifest:
    """Of Kudu's lines: a path that others lie below is a folder; of a file nothing else is known."""
    paths = {line for line in lines if line and ".." not in line.split("/")}
    above = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    return Manifest({path: Entry(-1, -1) for path in sorted(paths - above)}, frozenset(paths & above))
