"""What a tree without a disk lists: an archive's members or a commit's entries, by the rules of a folder."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from webstead.effects.files import (
    DEEPEST_DESCRIPTION,
    DESCRIPTIONS,
    ENVIRONMENT_MARK,
    LEADS_TO_PACKAGES,
    MAX_FILES,
    PACKAGE_FOLDERS,
)

__all__ = ["folders_of", "followed", "is_entered", "listed"]

_MAX_LINKS = 40  # as Linux follows; more lead round


def listed(files: Collection[str], links: Mapping[str, str], ignored: Collection[str]) -> list[str]:
    """The paths that DiskTree would list of the same files: of ignored folders only what describes packages,
    none of a virtual environment, links only where they name a file of the tree, and beyond MAX_FILES the
    deepest left out."""
    marked = {path.removesuffix(ENVIRONMENT_MARK) for path in files if _name(path) == ENVIRONMENT_MARK}
    real = {path for path in files if path not in links}
    kept = [
        path
        for path in files
        if _is_listed(path, ignored)
        and not (marked and _is_in_environment(path, marked))
        and (path in real or followed(path, links) in real)
    ]
    return sorted(sorted(kept, key=lambda path: (path.count("/"), path))[:MAX_FILES])


def is_entered(folders: Sequence[str], ignored: Collection[str]) -> bool:
    """Whether a folder, by the names on the way to it, can hold anything that is listed."""
    at = _first(folders, ignored)
    if at is None:
        return True
    below = folders[at + 1 :]
    leads = len(below) <= DEEPEST_DESCRIPTION and all(map(LEADS_TO_PACKAGES.fullmatch, below))
    return folders[at] in PACKAGE_FOLDERS and leads


def _is_listed(path: str, ignored: Collection[str]) -> bool:
    *folders, name = path.split("/")
    if _first(folders, ignored) is None:
        return True
    described = name in DESCRIPTIONS and folders[-1].endswith(".dist-info")
    return described and is_entered(folders, ignored)


def _first(folders: Sequence[str], ignored: Collection[str]) -> int | None:
    return next((number for number, folder in enumerate(folders) if folder in ignored), None)


def _is_in_environment(path: str, marked: Collection[str]) -> bool:
    folders = path.split("/")[:-1]
    return any("".join(f"{folder}/" for folder in folders[:n]) in marked for n in range(len(folders) + 1))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def followed(path: str, links: Mapping[str, str]) -> str | None:
    """The path with all links in it followed; None when they lead out of the tree, or round."""
    left, done, hops = deque(path.split("/")), list[str](), 0
    while left:
        part = left.popleft()
        if part in ("", "."):
            continue
        if part == "..":
            if not done:
                return None
            done.pop()
            continue
        done.append(part)
        text = links.get("/".join(done))
        if text is not None:
            hops += 1
            if hops > _MAX_LINKS or text.startswith("/"):
                return None
            done.pop()
            left.extendleft(reversed(text.split("/")))
    return "/".join(done)


def folders_of(paths: Iterable[str]) -> set[str]:
    """All folders on the way to the paths, without the root."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
