"""Which extensions a site has: those whose package lies beside their files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from webstead.errors import WebsteadError
from webstead.formats.nuget import Nuspec, present_id, same_id
from webstead.site.extensions.folders import folder_in_force, names
from webstead.site.extensions.package import nuspec_in
from webstead.site.extensions.state import Settings, read_settings
from webstead.site.homes import SiteHome

__all__ = ["Installed", "find_installed", "installed", "name_of_folder"]

_MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Installed:
    """name: of its folder. folder: where its files are now. package: its `.nupkg`. settings: None for one
    that something else put there."""

    name: str
    folder: Path
    package: Path
    nuspec: Nuspec
    settings: Settings | None

    def matches(self, words: str) -> bool:
        """Whether people would find it by these."""
        texts = (self.nuspec.id, self.nuspec.title, self.nuspec.description, *self.nuspec.tags)
        return any(words.lower() in text.lower() for text in texts)


def installed(home: SiteHome) -> tuple[Installed, ...]:
    """By id. A folder without a package, or with one that cannot be read, is no extension."""
    found = (_read(home, name) for name in names(home))
    return tuple(each for each in found if each is not None)


def find_installed(home: SiteHome, extension: str) -> Installed | None:
    """By its id in any case, else by the id that took the place of an old one."""
    for wanted in dict.fromkeys((extension, present_id(extension))):
        for name in names(home):
            if same_id(name, wanted) and (found := _read(home, name)) is not None:
                return found
    return None


def name_of_folder(home: SiteHome, extension: str) -> str:
    """Of the folder that is there for this id; the id itself where none is."""
    return next((name for name in names(home) if same_id(name, extension)), extension)


def _read(home: SiteHome, name: str) -> Installed | None:
    folder = folder_in_force(home, name)
    package = None if folder is None else _package(folder)
    if folder is None or package is None:
        return None
    try:
        nuspec = nuspec_in(package, package.name)
    except (WebsteadError, OSError):
        return None
    return (
        Installed(name, folder, package, nuspec, read_settings(folder)) if same_id(nuspec.id, name) else None
    )


def _package(folder: Path) -> Path | None:
    """A regular file: an extension's own programs may have put a link or a pipe there."""
    try:
        with os.scandir(folder) as entries:
            first = [entry for entry, _ in zip(entries, range(_MOST_ENTRIES), strict=False)]
    except OSError:
        return None
    found = [
        each for each in first if each.name.lower().endswith(".nupkg") and each.is_file(follow_symlinks=False)
    ]
    return min((Path(each.path) for each in found), default=None)
