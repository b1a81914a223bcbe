"""What of a site's folder is watched, and whether a change in it matters: regular expression, folders left
out, and the files that matched when last seen, for a folder that goes takes them along without a word.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

__all__ = ["OVERFLOW", "WATCHED_NEVER", "Change", "Tree", "Watcher"]

WATCHED_NEVER = frozenset({".git", ".hg", ".svn", "__pycache__", "node_modules"})
"""Folders with many files that are no part of the running app. Virtual environments, which are known by their
pyvenv.cfg, are the same."""


class Change(NamedTuple):
    """path: relative to the root, with `/`. whole: the name came or went; if it is a folder, all below it
    did."""

    path: str
    whole: bool = False


OVERFLOW = Change("", True)
"""Too much has changed to be listed."""


class Watcher(Protocol):
    """One way to see changes. From its making on it misses none."""

    def wait(self, timeout: float | None) -> Sequence[Change]:
        """Changes, as soon as there are any; none after timeout seconds, or after close(). Raises OSError
        when this way is closed for good."""

    def close(self) -> None:
        """Any thread: what waits returns."""


class Tree:
    """Links to folders are not followed: no circle can be walked in, and nothing outside is watched."""

    def __init__(self, root: str, regex: str) -> None:
        self.root = os.path.realpath(root)
        self._pattern = re.compile(regex)
        self._plain = re.sub(r"\\(.)", lambda found: " " if found[1].isalnum() else found[1], regex)
        self._known: set[str] = set()
        self._folders: dict[str, int] = {}  # folder → how many of the known files are below it
        for path in self.files():
            self._add(path)

    def matches(self, path: str) -> bool:
        """path: with `/`."""
        return bool(self._pattern.match(path) or self._pattern.match(path.replace("/", "\\")))

    def affected(self, change: Change) -> str | None:
        """The path of a file that matters and has changed, or None."""
        path, whole = change
        if change is OVERFLOW:
            self._refresh()
            return path
        matches = self.matches(path)
        if not (matches or whole) or self._is_out(path):
            return None
        if matches:
            self._note(path)
            return path
        return self._below(path)

    def files(self, below: str = "") -> Iterator[str]:
        """The matching files, below a folder."""
        for folder, names in self.walk(below):
            yield from (path for name in names if self.matches(path := _joined(folder, name)))

    def walk(self, below: str = "") -> Iterator[tuple[str, list[str]]]:
        """(folder, names of its files), for each folder that is watched. What cannot be read is passed
        over."""
        rest = [below]
        while rest:
            folder = rest.pop()
            folders, names = self.entries(folder)
            rest += folders
            yield folder, names

    def entries(self, folder: str) -> tuple[list[str], list[str]]:
        """(folders in it that are watched, with their paths; names of its files)."""
        folders, names = [], []
        for entry in self._entries(folder):
            if not entry.is_dir(follow_symlinks=False):
                names.append(entry.name)
            elif not self.leaves_out(path := _joined(folder, entry.name)):
                folders.append(path)
        return folders, names

    def leaves_out(self, folder: str) -> bool:
        name = folder.rpartition("/")[2]
        if name not in WATCHED_NEVER and not os.path.lexists(os.path.join(self.root, folder, "pyvenv.cfg")):
            return False
        return not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self._plain)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                return list(entries)
        except OSError:
            return []

    def _is_out(self, path: str) -> bool:
        parts = path.split("/")
        return any(self.leaves_out("/".join(parts[:end])) for end in range(1, len(parts)))

    def _below(self, path: str) -> str | None:
        """A matching file that came or went with a folder."""
        full = os.path.join(self.root, path)
        if os.path.isdir(full) and not os.path.islink(full):
            fresh = [] if self.leaves_out(path) else [f for f in self.files(path) if f not in self._known]
            for found in fresh:
                self._add(found)
            return fresh[0] if fresh else None
        if path not in self._folders:
            return None
        gone = [known for known in self._known if known.startswith(f"{path}/")]
        for known in gone:
            self._drop(known)
        return gone[0]

    def _note(self, path: str) -> None:
        if os.path.lexists(os.path.join(self.root, path)):
            self._add(path)
        else:
            self._drop(path)

    def _add(self, path: str) -> None:
        if path not in self._known:
            self._known.add(path)
            for folder in _parents(path):
                self._folders[folder] = self._folders.get(folder, 0) + 1

    def _drop(self, path: str) -> None:
        if path in self._known:
            self._known.remove(path)
            for folder in _parents(path):
                self._folders[folder] -= 1
                if not self._folders[folder]:
                    del self._folders[folder]

    def _refresh(self) -> None:
        self._known.clear()
        self._folders.clear()
        for path in self.files():
            self._add(path)


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _parents(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
