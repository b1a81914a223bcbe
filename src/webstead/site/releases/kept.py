"""What the app or a person put into wwwroot survives deployments: KuduSync's rule, for releases that are
folders of their own.

KuduSync copies what is deployed over one wwwroot, and removes only what the manifest of the deployment
before lists. So a path that no deployment brought stays, and a path that one brings is overwritten. Here
such a path is *kept*: it is moved to `site/kept` when the next deployment finds it in the release that
serves, and each release has a link to it. A folder that nothing deployed lies in is one link.

The move is an exchange of two names, so that at every moment an app finds the file by its old path. A
release that serves and the one that takes over see the same files while both run.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from webstead.effects.files import remove_tree
from webstead.site.homes import SiteHome
from webstead.site.releases.databases import Group, held, in_groups
from webstead.site.releases.exchange import exchange
from webstead.site.releases.manifest import Manifest

__all__ = ["Kept", "keep", "link_kept"]

_NOT_KEPT = frozenset({"__pycache__"})
"""Python makes it anew."""


@dataclass(frozen=True, slots=True)
class Kept:
    """linked: what the new release has of it. overwritten: what the deployment brought itself, and so wins.
    left: what cannot be kept: sockets, pipes, links that lead out of the home. links: made by them, with
    where they lead."""

    linked: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Found:
    """In a release, below its root. own: what lies there itself. links: what is kept already. made: links
    of people and apps, which are no file to keep."""

    own: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    made: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        return sorted((*self.own, *self.links))


def keep(home: SiteHome, release: str, deployed: Manifest) -> Kept:
    """Move what nobody deployed out of the folder of a release, and put links in its place. deployed: into
    that release. Raises OSError; then what was moved is in its new place, with its link."""
    found = _find(home, release, deployed)
    folder = home.folder_of(release)
    for group in in_groups(folder, found.own):
        _move(home, folder, group)
    return Kept(tuple(found.all), left=tuple(found.left), links=tuple(found.made))


def link_kept(home: SiteHome, new: str, kept: Kept, deployed: Manifest) -> Kept:
    """Give a release what is kept now, and nothing that was kept once. kept: as `keep` found it in the
    release that serves. deployed: into the new one, whose own paths win."""
    folder = home.folder_of(new)
    folders = deployed.all_folders
    for stale in _find(home, new, deployed).links:
        (folder / stale).unlink(missing_ok=True)
    linked: list[str] = []
    overwritten: list[str] = []
    for path in kept.linked:
        for each, wins in _placed(home, path, deployed, folders):
            if wins:
                overwritten.append(each)
            else:
                _link(home, folder, each)
                linked.append(each)
    for path, text in kept.links:
        if path in deployed.files or path in folders:
            overwritten.append(path)
        elif not os.path.lexists(folder / path):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).symlink_to(text)
    return Kept(tuple(linked), tuple(overwritten), kept.left, kept.links)


def _placed(
    home: SiteHome, path: str, deployed: Manifest, folders: frozenset[str]
) -> Iterator[tuple[str, bool]]:
    """The path, or what lies below it where a folder was deployed at it; and whether what was deployed
    wins."""
    here = home.kept / path
    if any(str(parent) in deployed.files for parent in (PurePosixPath(path), *PurePosixPath(path).parents)):
        yield path, True
    elif path not in folders:
        yield path, False
    elif here.is_dir() and not here.is_symlink():
        for name in sorted(os.listdir(here)):
            yield from _placed(home, f"{path}/{name}", deployed, folders)
    else:
        yield path, True


def _find(home: SiteHome, release: str, deployed: Manifest) -> _Found:
    found = _Found()
    _look(home, home.folder_of(release), "", deployed, deployed.all_folders, found)
    return found


def _look(
    home: SiteHome, root: Path, prefix: str, deployed: Manifest, folders: frozenset[str], found: _Found
) -> None:
    with os.scandir(root / prefix) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        if path in deployed.files or entry.name in _NOT_KEPT:
            continue
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            _sort_link(home, root, path, found)
        elif stat.S_ISDIR(mode) and (path in folders or _is_shared(home, path)):
            _look(home, root, f"{path}/", deployed, folders, found)
        elif stat.S_ISDIR(mode) or stat.S_ISREG(mode):
            found.own.append(path)
        else:
            found.left.append(path)


def _is_shared(home: SiteHome, path: str) -> bool:
    """A folder that nothing was deployed into, but in which something was kept before."""
    here = home.kept / path
    return here.is_dir() and not here.is_symlink()


def _sort_link(home: SiteHome, root: Path, path: str, found: _Found) -> None:
    text = os.readlink(root / path)
    leads = os.path.normpath(os.path.join(root, os.path.dirname(path), text))
    if leads == str(home.kept / path):
        if os.path.lexists(home.kept / path):
            found.links.append(path)
    elif Path(leads).is_relative_to(home.root) and not os.path.isabs(text):
        found.made.append((path, text))
    else:
        found.left.append(path)


def _move(home: SiteHome, folder: Path, group: Group) -> None:
    with held(folder, group):
        for path in group.paths:
            target = home.kept / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target):  # of that name was kept once, and removed in the release that serves
                remove_tree(target)
            target.symlink_to(_text(home, folder, path))
            try:
                exchange(folder / path, target)
            except FileNotFoundError:  # the app has removed it meanwhile
                target.unlink(missing_ok=True)


def _link(home: SiteHome, folder: Path, path: str) -> None:
    here = folder / path
    here.parent.mkdir(parents=True, exist_ok=True)
    here.symlink_to(_text(home, folder, path))


def _text(home: SiteHome, folder: Path, path: str) -> str:
    """Relative, so that the home can be moved."""
    return os.path.relpath(home.kept / path, (folder / path).parent)
