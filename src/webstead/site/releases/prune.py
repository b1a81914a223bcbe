"""What is not needed any more: releases beyond those that are kept for rollback, and what only they had
kept."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.site.homes import SiteHome

__all__ = ["prune_releases", "remove_unfinished", "surplus"]


def surplus(releases: Sequence[str], current: str | None, most: int) -> tuple[str, ...]:
    """The releases that go. releases: the newest activated first. The current one stays, and counts."""
    stay = [release for release in releases if release != current][: max(most, 1) - 1]
    return tuple(release for release in releases if release != current and release not in stay)


def prune_releases(home: SiteHome, gone: Iterable[str]) -> None:
    """Remove these releases, then what is kept and no release links to any more."""
    for release in gone:
        remove_tree(home.folder_of(release))
    linked = {leads for release in home.releases.iterdir() for leads in _links(release)}
    _remove_unlinked(home.kept, linked)


def remove_unfinished(home: SiteHome) -> None:
    """Folders of releases that were begun and not finished; call it with the lock held."""
    for folder in home.releases.glob(".*"):
        remove_tree(folder)
    for link in home.wwwroot.parent.glob(".wwwroot.*"):
        link.unlink(missing_ok=True)


def _links(folder: Path) -> Iterable[str]:
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(root, name)
            if os.path.islink(path):
                yield os.path.normpath(os.path.join(root, os.readlink(path)))


def _remove_unlinked(folder: Path, linked: set[str]) -> None:
    """A folder that is linked as a whole stays with all that is in it."""
    for entry in sorted(folder.iterdir()):
        if str(entry) in linked:
            continue
        if entry.is_dir() and not entry.is_symlink() and any(each.startswith(f"{entry}/") for each in linked):
            _remove_unlinked(entry, linked)
        else:
            remove_tree(entry)
