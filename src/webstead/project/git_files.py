"""What a repository leaves out of a folder, a zip or a commit: submodules, and files that Git LFS keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["absent_submodules", "is_lfs_pointer", "lfs_finding"]

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LONGEST_POINTER = 1024  # as the specification of git-lfs says
_PATH = re.compile(r"\s*path\s*=\s*(.*?)\s*", re.IGNORECASE)


def is_lfs_pointer(data: bytes) -> bool:
    return len(data) < _LONGEST_POINTER and data.replace(b"\r\n", b"\n").startswith(_POINTER)


def lfs_finding(path: str) -> Finding:
    text = f"{path} is a pointer of Git LFS: what it stands for is not here, and it is read as empty."
    fix = "git lfs pull; a zip of the repository, and --ref, hold pointers only."
    return Finding(text, fix, (Evidence(path, 1, "names Git LFS"),))


def absent_submodules(tree: Tree, files: Sequence[str]) -> Iterator[Finding]:
    """A submodule whose folder is empty: a clone without them, a zip of GitHub, a commit."""
    if ".gitmodules" not in files:
        return
    lines = decode(tree.read(".gitmodules")).lines
    for number, line in enumerate(lines, 1):
        match = _PATH.fullmatch(line)
        path = match[1].strip('"').strip("/") if match else ""
        if path and not any(file.startswith(f"{path}/") for file in files):
            yield Finding(
                f"{path} is a submodule, and its files are not here.",
                "git submodule update --init; a zip of the repository, and --ref, never hold them.",
                (Evidence(".gitmodules", number, "names it"),),
            )
