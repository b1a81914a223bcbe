"""One digest over what an output holds: the same input gives the same one, wherever it is built. Pure.

It covers paths, bytes, links and which files may be run. It leaves out times, byte code (Python's own copy of
the sources, whose bytes may differ from run to run), and Webstead's notes about the folder itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Entry", "output_digest"]

FORMAT = 1
"""Grows when the same output gets another digest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an output has at a path. sha256: of a file's bytes, hexadecimal. link: the text of a link."""

    path: str
    size: int = 0
    executable: bool = False
    sha256: str = ""
    link: str | None = None


def _is_copy(path: str) -> bool:
    """Byte code beside its source; a package may also have some in place of it."""
    return path.endswith(".pyc") and "__pycache__" in path.split("/")


def output_digest(entries: Iterable[Entry]) -> str:
    """`sha256:` and 64 digits. The order of the entries does not matter."""
    digest = hashlib.sha256(f"webstead output {FORMAT}\n".encode())
    for entry in sorted(entries, key=lambda entry: entry.path):
        if _is_copy(entry.path):
            continue
        kind = "link" if entry.link is not None else "program" if entry.executable else "file"
        what = entry.link if entry.link is not None else entry.sha256
        for piece in (kind, entry.path, what):
            data = piece.encode("utf-8", "surrogateescape")
            digest.update(b"%d:" % len(data) + data)
    return f"sha256:{digest.hexdigest()}"
