"""The project's own metadata, as an installer would have left it: its code stays where it is.

Source: PyPA's "Recording installed projects" and "Entry points specification".
"""

from __future__ import annotations

import re
from pathlib import Path

from packaging.utils import canonicalize_name

from webstead.build.environment import site_packages
from webstead.build.installers.work import Work
from webstead.effects.files import write_atomically

__all__ = ["write_metadata"]


def write_metadata(work: Work) -> None:
    """What a manifest has installed itself, as by `-e .`, stays."""
    name, version, *points = work.step.words
    for folder in site_packages(work.environment.prefix):
        if not _is_installed(folder, name):
            described = folder / f"{canonicalize_name(name).replace('-', '_')}-{version}.dist-info"
            described.mkdir()
            _write(described / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            _write(described / "INSTALLER", "webstead\n")
            _write(described / "entry_points.txt", "".join(f"{line}\n" for line in points))


def _is_installed(folder: Path, name: str) -> bool:
    there = (re.split(r"-\d", path.name)[0] for path in folder.glob("*.dist-info"))
    return canonicalize_name(name) in map(canonicalize_name, there)


def _write(path: Path, said: str) -> None:
    write_atomically(path, said.encode())
