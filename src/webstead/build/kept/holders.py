"""Who holds which environment: a note for each project, written when it is built. A project that is gone
holds nothing.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from webstead.build.address import static_key
from webstead.effects.files import write_atomically
from webstead.effects.plain_files import LARGEST_NOTE, read_plain

__all__ = ["hold", "holders"]

VERSION = 1


def hold(cache: Path, project: Path, key: str) -> None:
    """The project is built with the environment of this key, and with no other any more. In a cache that is
    not ours to write nothing is noted: who owns it prunes it."""
    note = cache / "holders" / f"{static_key(str(project), (), ())}.json"
    data = json.dumps({"version": VERSION, "project": str(project), "environment": key}).encode()
    with contextlib.suppress(OSError):
        if _read(note) != data:
            note.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(note, data)


def holders(cache: Path) -> Mapping[str, tuple[str, ...]]:
    """By key: the projects, sorted. Notes of projects that are gone are passed over."""
    found: dict[str, list[str]] = {}
    for note in sorted((cache / "holders").glob("*.json")):
        try:
            data = json.loads(_read(note))
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict) and data.get("version") == VERSION and Path(str(data["project"])).is_dir():
            found.setdefault(str(data.get("environment")), []).append(str(data["project"]))
    return {key: tuple(sorted(projects)) for key, projects in found.items()}


def _read(note: Path) -> bytes:
    """Nothing where it cannot be read."""
    try:
        return read_plain(note, LARGEST_NOTE)
    except OSError:
        return b""
