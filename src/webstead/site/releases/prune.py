"""What is not needed any more: releases beyond those that are kept, what only they had kept, and what a crash
has left. Called with the deployment's lock held.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.site.homes import SiteHome
from webstead.site.releases.aside import temporary_name
from webstead.site.releases.databases import COMPANIONS
from webstead.site.releases.links import links_to_kept
from webstead.site.releases.manifest import parents_of
from webstead.site.releases.spare import give_to_spare

__all__ = ["prune_releases", "releases_of", "remove_dead", "remove_unfinished", "surplus"]


def surplus(releases: Sequence[str], current: str | None, most: int) -> tuple[str, ...]:
    """The releases that go. releases: the newest activated first. The current one stays, and counts."""
    stay = [release for release in releases if release != current][: max(most, 1) - 1]
    return tuple(release for release in releases if release != current and release not in stay)


def releases_of(home: SiteHome) -> list[str]:
    """The ids of the releases that are there. Sorted."""
    try:
        with os.scandir(home.releases) as scanned:
            return sorted(
                each.name
                for each in scanned
                if each.is_dir(follow_symlinks=False) and not each.name.startswith(".")
            )
    except FileNotFoundError:
        return []


def prune_releases(home: SiteHome, gone: Iterable[str]) -> None:
    """Remove these releases, but never the current one, or let one be the spare; then what they had kept and
    no other release links to. What lies in site/kept and was never linked is left alone: an app may have put
    it there, beside a file that it found by its real path. Raises OSError."""
    there = releases_of(home)
    go = [release for release in there if release in set(gone) and release != home.release]
    linked = {name for release in go for name in _freed(home.folder_of(release))}
    for release in go:
        _remove(home, release)
    remove_dead(home, linked)


def remove_dead(home: SiteHome, names: set[str]) -> None:
    """Remove of these in site/kept what no release links to any more. Raises OSError."""
    dead = frozenset(names)
    for _ in range(2):  # one look may miss a link that an app renames meanwhile
        if dead:
            still = {name for release in releases_of(home) for name in _linked(home.folder_of(release))}
            dead = _dead(dead, still)
    for name in sorted(dead):
        _remove_kept(home.kept, name)


def remove_unfinished(home: SiteHome) -> None:
    """Remove releases that were begun and not finished, and what a crash has left of others, with what only
    they had kept. Raises OSError."""
    linked: set[str] = set()
    for place in home.releases.iterdir():
        if place.name.startswith(".") or place.is_symlink():
            linked.update(_freed(place) if not place.is_symlink() else ())
            remove_tree(place)
    remove_dead(home, linked)
    for link in home.wwwroot.parent.glob(".wwwroot.*"):
        if link.is_symlink():
            link.unlink(missing_ok=True)


def _dead(linked: frozenset[str], still: set[str]) -> frozenset[str]:
    """Names in site/kept that nothing leads to any more, nor to a folder above or to something below."""
    above = set(parents_of(still))
    return frozenset(
        name for name in linked - still if name not in above and still.isdisjoint(parents_of((name,)))
    )


def _freed(folder: Path) -> set[str]:
    """What a release that goes links to. What cannot be read of it holds nobody up: what that may link to
    stays."""
    found = set()
    with suppress(OSError):
        for name in _linked(folder):
            found.add(name)
    return found


def _linked(folder: Path) -> Iterator[str]:
    return (name for _, name in links_to_kept(folder))


def _remove(home: SiteHome, release: str) -> None:
    """A release that is half removed has no release's name."""
    if give_to_spare(home, release):
        return
    leftover = temporary_name(home, release)
    os.rename(home.folder_of(release), leftover)
    remove_tree(leftover)


def _remove_kept(kept: Path, name: str) -> None:
    """With a database its companions, and the folders above that are empty then."""
    for ending in ("", *COMPANIONS):
        remove_tree(kept / f"{name}{ending}")
    above = (kept / name).parent
    while above != kept:
        try:
            above.rmdir()
        except OSError:  # something else is in it
            return
        above = above.parent
