"""Fuzz the reading of zips: `python fuzz zip_tree`.

Any bytes are a zip of a project, or refused in words; every path that is listed is relative, leads nowhere
else, and is read or is a damaged file.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from webstead.effects.zip_tree import ZipTree
from webstead.errors import UsageError

__all__ = ["one"]

_AS_A_FOLDER = ("", ".", "..")


def one(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(data)
        file.flush()
        try:
            tree = ZipTree(Path(file.name), frozenset({".git"}))
            paths = tree.files()
        except UsageError as error:
            if not (error.found and error.fix):
                raise AssertionError(f"an error without words: {error}") from error
            return
    if list(paths) != sorted(set(paths)):
        raise AssertionError("not sorted, or twice")
    for path in paths:
        if any(part in _AS_A_FOLDER for part in path.split("/")) or "\\" in path or path[1:2] == ":":
            raise AssertionError(f"{path!r} leads elsewhere")
        with contextlib.suppress(OSError):
            tree.read(path)
