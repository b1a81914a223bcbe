"""The links of one release to what is kept, as they are made."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webstead.site.homes import SiteHome
from webstead.site.releases.kept_links import kept_text
from webstead.site.releases.links import links_to_kept, put_link, replace_link
from webstead.site.releases.manifest import Manifest, parents_of
from webstead.site.releases.moving import make_parents

__all__ = ["Kept", "Linking", "is_below"]


@dataclass(frozen=True, slots=True)
class Kept:
    """linked: paths of what is kept, as a release has them. overwritten: what the deployment brought itself,
    and so wins. left: what cannot be kept: sockets, pipes, links that lead out of the home. links: made by
    people and apps, with where they lead. folders: that only such paths lie in. moved: those of `linked` that
    were moved now. names: what in site/kept a path leads to, where that has another name."""

    linked: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    folders: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        """Of all links, by path, as the release has them."""
        return {path: kept_text(path, self.names.get(path, path)) for path in self.linked} | dict(self.links)


def is_below(path: str, folder: str | None) -> bool:
    """Whether a path is this folder, or in it. folder: "" for all, None for nothing."""
    return folder is not None and (not folder or path == folder or path.startswith(f"{folder}/"))


class Linking:
    """cleaned: the folder in which nothing is given, as `is_below` has it."""

    def __init__(self, home: SiteHome, folder: Path, deployed: Manifest, cleaned: str | None = None) -> None:
        self._home = home
        self.folder = folder
        self._cleaned = cleaned
        self._files = deployed.files
        self._folders = deployed.all_folders
        self._linked: list[str] = []
        self._overwritten: list[str] = []

    def give_all(self, kept: Kept) -> Kept:
        for path in kept.folders:
            if not self._is_covered(path) and not is_below(path, self._cleaned):
                make_parents(self._home, self.folder, f"{path}/-", self._home.kept)
        for path in kept.linked:
            self._give(path, kept.names.get(path, path))
        for path, text in kept.links:
            if is_below(path, self._cleaned):
                continue
            if self._is_covered(path):
                self._overwritten.append(path)
            elif not os.path.lexists(self.folder / path):
                make_parents(self._home, self.folder, path, self._home.kept)
                replace_link(self._home, self.folder / path, None, text)
        return Kept(
            *(tuple(self._linked), tuple(sorted(self._overwritten)), kept.left, kept.links, kept.folders),
            *(kept.moved, kept.names),
        )

    def _give(self, path: str, name: str) -> None:
        """A link at `path` to `name` in site/kept; where the release has a folder, one for each that lies in
        the kept folder."""
        kept = self._home.kept / name
        if is_below(path, self._cleaned):
            return
        if self._is_covered(path):
            if path in self._folders and kept.is_dir() and not kept.is_symlink():
                self._give_each(path, name)
            else:
                self._overwritten.append(path)
            return
        make_parents(self._home, self.folder, path, self._home.kept)
        place = self.folder / path
        if place.is_dir() and not place.is_symlink():
            if kept.is_dir():
                self._give_each(path, name)
        elif put_link(self._home, place, kept_text(path, name), _written(kept)):
            self._linked.append(path)

    def _give_each(self, path: str, name: str) -> None:
        try:
            names = sorted(os.listdir(self._home.kept / name))
        except (FileNotFoundError, NotADirectoryError):
            return  # the app has removed it since we looked
        for each in names:
            self._give(f"{path}/{each}", f"{name}/{each}")

    def may_have(self, path: str) -> bool:
        """Whether the release may be given something there."""
        return not is_below(path, self._cleaned) and not self._is_covered(path)

    def _is_covered(self, path: str) -> bool:
        """Whether the release brings this path itself, or a file where a folder above it would be."""
        return (
            path in self._files
            or path in self._folders
            or any(above in self._files for above in parents_of((path,)))
        )

    def remove_others(self, stay: frozenset[str]) -> None:
        """Remove links to what is kept that are not among these: what they led to was deleted since."""
        for path, _ in list(links_to_kept(self.folder)):
            if path not in stay and stay.isdisjoint(parents_of((path,))):
                (self.folder / path).unlink()


def _written(kept: Path) -> int:
    """In nanoseconds since 1970; of what is gone, later than everything."""
    try:
        return os.stat(kept).st_mtime_ns
    except OSError:
        return sys.maxsize
