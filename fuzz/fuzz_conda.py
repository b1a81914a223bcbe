"""Fuzz the reading of conda's files: `python fuzz conda`.

Any bytes are an environment, whose lines are lines of the file, or findings; a `.condarc` or a ValueError.
"""

from __future__ import annotations

from webstead.build.conda.configuration import read_configuration
from webstead.project.manifests.conda import MAX_ENTRIES, parse_conda, read_conda
from webstead.project.manifests.conda_lock import read_conda_lock
from webstead.project.tree import MemoryTree

__all__ = ["one"]

PATH = "environment.yml"


def one(data: bytes) -> None:
    """data: a whole file."""
    environment = parse_conda(PATH, data)
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\x85") + data.count(b"\xa8") + 2
    entries = (*environment.specs, *environment.pip)
    if len(entries) > 2 * MAX_ENTRIES or any(not 1 <= spec.line <= lines for spec in entries):
        raise AssertionError(f"more than the file has: {len(entries)}")
    if not environment.usable and (entries or len(environment.findings) != 1):
        raise AssertionError(f"no environment, and yet {entries!r}")
    for spec in entries:
        asked = spec.python
        if asked and not (asked[0].isdigit() or asked[0] in "<>=!"):
            raise AssertionError(f"no version: {asked!r}")
    manifest = read_conda(MemoryTree({PATH: data}), PATH)
    if (manifest is not None) != environment.usable:
        raise AssertionError("a manifest of what is none")
    read_conda_lock(MemoryTree({"conda-lock.yml": data}), "conda-lock.yml")
    try:
        configuration = read_configuration({}, [("condarc", data)])
    except ValueError as error:
        if not str(error).startswith("condarc: "):
            raise AssertionError(f"an error without its file: {error!r}") from error
    else:
        configuration.resolve(environment.channels)
