"""What the app or a person put into wwwroot survives deployments: KuduSync's rule, for releases that are
folders of their own.

KuduSync copies what is deployed over one wwwroot, and removes only what the manifest of the deployment
before lists. So a path that no deployment brought stays, and a path that one brings is overwritten. Here
such a path is *kept*: it is moved to `site/kept` when the next deployment finds it in the release that
serves, and each release has a link to it. A folder that nothing deployed lies in is one link.

A release that serves and the one that takes over see the same files while both run; whoever opens a path at
any moment finds it. What was deleted meanwhile stays deleted, also by a rollback. Links are never followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webstead.site.homes import SiteHome
from webstead.site.releases.gathering import Gathered, gathered
from webstead.site.releases.kept_links import kept_text
from webstead.site.releases.links import links_to_kept
from webstead.site.releases.manifest import Manifest, parents_of
from webstead.site.releases.moving import make_parents, put_link

__all__ = ["Kept", "collect", "is_below", "keep", "link_kept"]


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


def keep(home: SiteHome, release: str, deployed: Manifest) -> Kept:
    """Move what nobody deployed out of the folder of a release, and put links in its place. deployed: into
    that release.

    Raises OSError, and WebsteadError for a database with a transaction that does not end; then what was moved
    is in its new place, with its link.
    """
    return _kept(gathered(home, release, deployed))


def is_below(path: str, folder: str | None) -> bool:
    """Whether a path is this folder, or in it. folder: "" for all, None for nothing."""
    return folder is not None and (not folder or path == folder or path.startswith(f"{folder}/"))


def link_kept(home: SiteHome, new: str, kept: Kept, deployed: Manifest, cleaned: str | None = None) -> Kept:
    """Give a release what is kept now, and nothing that was kept once. kept: as `keep` found it in the
    release that serves. deployed: into the new one, whose own paths win. cleaned: the folder in which nothing
    is given, as `is_below` has it. Raises OSError."""
    linking = _Linking(home, home.folder_of(new), deployed, cleaned)
    linking.remove_others(frozenset(kept.linked))
    return linking.give_all(kept)


def collect(home: SiteHome, old: str, new: str, deployed_old: Manifest, deployed_new: Manifest) -> Kept:
    """After the old instances have ended: what they wrote into their release since `keep`, given to the
    release that serves now; what that has deleted since does not come back. Where both have written a file,
    the newer one is kept. Gives what was moved now. Raises as `keep`."""
    late = _kept(gathered(home, old, deployed_old, rival=home.folder_of(new)), moved_only=True)
    return _Linking(home, home.folder_of(new), deployed_new).give_all(late)


def _kept(found: Gathered, *, moved_only: bool = False) -> Kept:
    paths = found.moved if moved_only else found.names
    return Kept(
        linked=tuple(sorted(paths)),
        left=tuple(sorted(found.left)),
        links=() if moved_only else tuple(sorted(found.links.items())),
        folders=() if moved_only else tuple(found.folders),
        moved=tuple(sorted(found.moved)),
        names={path: name for path in paths if (name := found.names[path]) != path},
    )


class _Linking:
    """The links of one release, as they are made."""

    def __init__(self, home: SiteHome, folder: Path, deployed: Manifest, cleaned: str | None = None) -> None:
        self._home = home
        self._folder = folder
        self._cleaned = cleaned
        self._files = deployed.files
        self._folders = deployed.all_folders
        self._linked: list[str] = []
        self._overwritten: list[str] = []

    def give_all(self, kept: Kept) -> Kept:
        for path in kept.folders:
            if not self._is_covered(path) and not is_below(path, self._cleaned):
                make_parents(self._home, self._folder, f"{path}/-", self._home.kept)
        for path in kept.linked:
            self._give(path, kept.names.get(path, path))
        for path, text in kept.links:
            if is_below(path, self._cleaned):
                continue
            if self._is_covered(path):
                self._overwritten.append(path)
            elif not os.path.lexists(self._folder / path):
                make_parents(self._home, self._folder, path, self._home.kept)
                put_link(self._home, self._folder / path, text)
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
        make_parents(self._home, self._folder, path, self._home.kept)
        place = self._folder / path
        if place.is_dir() and not place.is_symlink():
            if kept.is_dir():
                self._give_each(path, name)
        elif not _is_newer(place, kept):
            put_link(self._home, place, kept_text(path, name))
            self._linked.append(path)

    def _give_each(self, path: str, name: str) -> None:
        try:
            names = sorted(os.listdir(self._home.kept / name))
        except (FileNotFoundError, NotADirectoryError):
            return  # the app has removed it since we looked
        for each in names:
            self._give(f"{path}/{each}", f"{name}/{each}")

    def _is_covered(self, path: str) -> bool:
        """Whether the release brings this path itself, or a file where a folder above it would be."""
        return (
            path in self._files
            or path in self._folders
            or any(above in self._files for above in parents_of((path,)))
        )

    def remove_others(self, stay: frozenset[str]) -> None:
        """Remove links to what is kept that are not among these: what they led to was deleted since."""
        for path, _ in list(links_to_kept(self._folder)):
            if path not in stay and stay.isdisjoint(parents_of((path,))):
                (self._folder / path).unlink()


def _is_newer(place: Path, kept: Path) -> bool:
    """Whether the release has a file of its own there, which an instance wrote later than what is kept."""
    try:
        facts = os.lstat(place)
        return stat.S_ISREG(facts.st_mode) and facts.st_mtime_ns > os.stat(kept).st_mtime_ns
    except OSError:
        return False
