"""What old instances do after `keep` has looked, and before they have ended. They see the same files as the
new ones; but of a file's names each release has its own, so what they create, rename and delete in the folder
of their release is done once more in that of the new one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from webstead.site.homes import SiteHome
from webstead.site.releases.gathering import Gathered, Gathering
from webstead.site.releases.kept import kept_of
from webstead.site.releases.kept_links import path_in_kept
from webstead.site.releases.linking import Kept, Linking
from webstead.site.releases.links import replace_link
from webstead.site.releases.manifest import Manifest, parents_of
from webstead.site.releases.moving import make_parents
from webstead.site.releases.prune import remove_dead

__all__ = ["collect"]


def collect(
    home: SiteHome,
    old: str,
    new: str,
    deployed_old: Manifest,
    deployed_new: Manifest,
    before: Kept | None = None,
    cleaned: str | None = None,
) -> Kept:
    """After the old instances have ended: what they wrote into their release since `keep`, given to the
    release that serves now; what that has deleted or replaced since is let alone. Where both have written a
    file, the newer one is kept.

    before: as `keep` found it: names that the old instances have changed or deleted since are changed and
    deleted; None where that is not known any more, after a crash. cleaned: as `link_kept` has it. Gives what
    was moved now. Raises as `keep`.
    """
    folder = home.folder_of(new)
    linking = Linking(home, folder, deployed_new, cleaned)
    taken = () if before is None else before.names.values()
    gathering = Gathering(home, old, deployed_old, rival=folder, taken=taken)
    rest = gathering.look()
    gone = set() if before is None else _follow(home, old, linking, before.texts, gathering.found)
    gathering.move(rest)
    given = linking.give_all(kept_of(gathering.found, moved_only=True))
    remove_dead(home, gone)
    return given


def _follow(
    home: SiteHome, old: str, linking: Linking, before: Mapping[str, str], found: Gathered
) -> set[str]:
    following = _Following(home, old, linking, before, kept_of(found).texts)
    following.make_folders()
    following.remove_folders()
    following.change()
    following.delete()
    return following.gone


class _Following:
    """The links of the new release, as the old instances have changed theirs; but not what the new ones have
    changed, too. before: the text of each link that both had. now: of those that the old one has. gone: names
    in site/kept that some led to."""

    def __init__(
        self, home: SiteHome, old: str, linking: Linking, before: Mapping[str, str], now: Mapping[str, str]
    ) -> None:
        self.gone: set[str] = set()
        self._home = home
        self._old = home.folder_of(old)
        self._linking = linking
        self._new = linking.folder
        self._before = before
        self._now = now

    def make_folders(self) -> None:
        """In the places of links."""
        for path, text in self._before.items():
            if _is_folder(self._old / path) and self._is_as(path, text):
                make_parents(self._home, self._new, f"{path}/-", self._old)
                self._forget(text)

    def remove_folders(self) -> None:
        """That are links by now, when nothing is in them but links that are not needed any more."""
        for path in self._now:
            if path not in self._before and _is_folder(self._new / path):
                for below, text in self._before.items():
                    if below.startswith(f"{path}/") and self._is_as(below, text):
                        self._replace(below, text, None)
                _remove_empty(self._new / path)

    def change(self) -> None:
        changed = [
            (path, text)
            for path, text in self._now.items()
            if text != self._before.get(path) and self._is_as(path, self._before.get(path, ""))
        ]
        for path, text in changed:  # after all were compared: one may lead now to where the next one led
            make_parents(self._home, self._new, path, self._home.kept)
            self._replace(path, self._before.get(path), text)

    def delete(self) -> None:
        for path, text in self._before.items():
            if path not in self._now and _text_at(self._old, path) == "" and self._is_as(path, text):
                self._replace(path, text, None)

    def _is_as(self, path: str, text: str) -> bool:
        return self._linking.may_have(path) and _text_at(self._new, path) == text

    def _replace(self, path: str, before: str | None, after: str | None) -> None:
        if replace_link(self._home, self._new / path, before, after):
            self._forget(before or "")

    def _forget(self, text: str) -> None:
        name = path_in_kept(text)
        if name is not None:
            self.gone.add(name)


def _remove_empty(folder: Path) -> None:
    for at, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            os.rmdir(at)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _text_at(folder: Path, path: str) -> str | None:
    """Of the link there; empty where nothing is; None for all else, and behind a link."""
    try:
        for above in parents_of((path,)):
            if not stat.S_ISDIR(os.lstat(folder / above).st_mode):
                return None
        return os.readlink(folder / path)
    except FileNotFoundError:
        return ""
    except OSError:
        return None
