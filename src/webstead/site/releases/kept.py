"""What the app or a person put into wwwroot survives deployments: KuduSync's rule, for releases that are
folders of their own.

KuduSync copies what is deployed over one wwwroot, and removes only what the manifest of the deployment
before lists. So a path that no deployment brought stays, and a path that one brings is overwritten. Here
such a path is *kept*: it is moved to `site/kept` when the next deployment finds it in the release that
serves, and each release has a link to it. A folder that nothing deployed lies in is one link.

A release that serves and the one that takes over see the same files while both run; whoever opens a path at
any moment finds it. What was deleted meanwhile stays deleted, also by a rollback (`late.py`). Links are never
followed.
"""

from __future__ import annotations

from webstead.site.homes import SiteHome
from webstead.site.releases.gathering import Gathered, Gathering
from webstead.site.releases.linking import Kept, Linking
from webstead.site.releases.manifest import Manifest

__all__ = ["keep", "kept_of", "link_kept"]


def keep(home: SiteHome, release: str, deployed: Manifest) -> Kept:
    """Move what nobody deployed out of the folder of a release, and put links in its place. deployed: into
    that release.

    Raises OSError, and WebsteadError for a database with a transaction that does not end; then what was moved
    is in its new place, with its link.
    """
    gathering = Gathering(home, release, deployed)
    gathering.move(gathering.look())
    return kept_of(gathering.found)


def link_kept(home: SiteHome, new: str, kept: Kept, deployed: Manifest, cleaned: str | None = None) -> Kept:
    """Give a release what is kept now, and nothing that was kept once. kept: as `keep` found it in the
    release that serves. deployed: into the new one, whose own paths win. cleaned: the folder in which nothing
    is given, as `is_below` has it. Raises OSError."""
    linking = Linking(home, home.folder_of(new), deployed, cleaned)
    linking.remove_others(frozenset(kept.linked))
    return linking.give_all(kept)


def kept_of(found: Gathered, *, moved_only: bool = False) -> Kept:
    """As it was gathered from a release."""
    paths = found.moved if moved_only else found.names
    return Kept(
        linked=tuple(sorted(paths)),
        left=tuple(sorted(found.left)),
        links=() if moved_only else tuple(sorted(found.links.items())),
        folders=() if moved_only else tuple(found.folders),
        moved=tuple(sorted(found.moved)),
        names={path: name for path in paths if (name := found.names[path]) != path},
    )
