"""What the app or a person has put into a release: found, and moved to site/kept."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from webstead.site.homes import SiteHome
from webstead.site.releases.databases import main_name
from webstead.site.releases.kept_links import kept_text, leads_inside, path_in_kept
from webstead.site.releases.links import replace_link
from webstead.site.releases.manifest import Manifest, parents_of
from webstead.site.releases.moving import move_file, move_folder

__all__ = ["BYTE_CODE", "Gathered", "Gathering"]

BYTE_CODE = "__pycache__"
"""Python makes what is in it anew."""


@dataclass(slots=True)
class Gathered:
    """names: of each path of the release that is kept, its name in site/kept. moved: paths that were moved
    now. links: of people and apps, by path, with their text. folders: that such paths lie in, and nobody
    deployed. left: paths that cannot be kept."""

    names: dict[str, str] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class Gathering:
    """What was not deployed into a release; looked for, and then moved to site/kept. rival: the folder of a
    release that serves meanwhile: what it has under the same path wins when it is newer. taken: names in
    site/kept that a release has under other paths."""

    def __init__(
        self,
        home: SiteHome,
        release: str,
        deployed: Manifest,
        rival: Path | None = None,
        taken: Iterable[str] = (),
    ) -> None:
        self.found = Gathered()
        self._home = home
        self._folder = home.folder_of(release)
        self._files = deployed.files
        self._folders = deployed.all_folders
        self._rival = rival
        self._taken = frozenset(taken)

    def look(self) -> list[tuple[str, os.stat_result]]:
        """Gives (path, facts) of what is to be moved: what is no link of ours or of others. Raises
        OSError."""
        rest = []
        for path, facts in self._entries(""):
            if not stat.S_ISLNK(facts.st_mode):
                rest.append((path, facts))
                continue
            with suppress(FileNotFoundError):
                now = _text_or_facts(self._folder / path)
                if isinstance(now, str):
                    self._sort_link(path, now)
                else:
                    rest.append((path, now))
        return rest

    def _entries(self, below: str) -> Iterator[tuple[str, os.stat_result]]:
        """(path, facts) of what nobody has deployed; a folder that is moved as one is not entered."""
        try:
            with os.scandir(self._folder / below) as scanned:
                here = sorted(scanned, key=lambda entry: entry.name)
        except PermissionError:
            self.found.left.append(below)
            return
        except (FileNotFoundError, NotADirectoryError):
            if below:
                return  # removed since we looked, or something else by now
            raise
        names = {entry.name for entry in here}
        for entry in here:
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from self._folder_entries(path, entry)
            elif not self._is_deployed(path) and not _is_nobodys(below, entry.name, names):
                yield from _with_facts(path, entry)

    def _folder_entries(self, path: str, entry: os.DirEntry[str]) -> Iterator[tuple[str, os.stat_result]]:
        known = self._is_deployed(path) or entry.name == BYTE_CODE
        if known or os.path.lexists(self._home.kept / path):
            if not known:
                self.found.folders.append(path)
            yield from self._entries(path)
        else:
            yield from _with_facts(path, entry)

    def _is_deployed(self, path: str) -> bool:
        return path in self._files or path in self._folders

    def _sort_link(self, path: str, text: str) -> None:
        name = path_in_kept(text)
        if name is None:
            above = str((self._folder / path).parent)
            if leads_inside(str(self._home.root), above, text):
                self.found.links[path] = text
            else:
                self.found.left.append(path)
        elif _is_there(self._home.kept / name):
            self.found.names[path] = name
            if text != kept_text(path, name):  # somebody has moved it to another folder
                replace_link(self._home, self._folder / path, text, kept_text(path, name))

    def move(self, entries: list[tuple[str, os.stat_result]]) -> None:
        """entries: as `look` gave them. Raises OSError, WebsteadError."""
        names = _Names(self._home.kept, {*self.found.names.values(), *self._taken})
        for path, facts in entries:
            if stat.S_ISDIR(facts.st_mode) or stat.S_ISREG(facts.st_mode):
                name = names.of(path)
                try:
                    self._move(path, name, facts)
                except FileNotFoundError:
                    continue  # deleted since we looked
                names.taken.add(name)
            else:
                self.found.left.append(path)

    def _move(self, path: str, name: str, facts: os.stat_result) -> None:
        if stat.S_ISDIR(facts.st_mode):
            move_folder(self._home, self._folder, path, name)
        elif self._is_newer_elsewhere(path, facts):
            return
        else:
            move_file(self._home, self._folder, path, name)
        self.found.names[path] = name
        self.found.moved.append(path)

    def _is_newer_elsewhere(self, path: str, facts: os.stat_result) -> bool:
        """Whether the release that serves has newer content at this path."""
        if self._rival is None:
            return False
        try:
            return os.stat(self._rival / path).st_mtime_ns > facts.st_mtime_ns
        except OSError:
            return False


def _with_facts(path: str, entry: os.DirEntry[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Nothing of what was removed since we looked: apps write under other names first."""
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    yield path, facts


def _text_or_facts(path: Path) -> str | os.stat_result:
    """The text of a link, or the facts of what an app has put in its place since we looked. Raises
    OSError."""
    while True:
        try:
            return os.readlink(path)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        facts = os.lstat(path)
        if not stat.S_ISLNK(facts.st_mode):
            return facts


def _is_there(path: Path) -> bool:
    """Raises OSError where the disk does not say."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _is_nobodys(below: str, name: str, names: set[str]) -> bool:
    """Byte code, and the companions of a database, which go with it."""
    in_cache = below == BYTE_CODE or below.endswith(f"/{BYTE_CODE}")
    return (in_cache and ".pyc" in name) or main_name(name) in names


class _Names:
    """In site/kept, for what is moved there. taken: those that links lead to: people and apps rename links,
    and put something else in their old places, which then needs another name."""

    def __init__(self, kept: Path, taken: set[str]) -> None:
        self.taken = taken
        self._kept = kept
        self._others: dict[str, str] = {}

    def of(self, path: str) -> str:
        for above in sorted(parents_of((path,))):
            if above in self.taken:
                if above not in self._others:
                    self._others[above] = self._free(above)
                return f"{self._others[above]}{path.removeprefix(above)}"
        return self._free(path) if path in self.taken else path

    def _free(self, path: str) -> str:
        number = 1
        while (name := f"{path}~{number}") in self.taken or os.path.lexists(self._kept / name):
            number += 1
        return name
