"""A place inside a site's home, found name by name from an open folder to the next.

No name is ever handed to the system with a folder in it, and none is followed by the system: a link is read
here, and followed only when it leads to a place inside the home (as `site/wwwroot` does, and what is kept).
So a folder that somebody swaps for a link meanwhile leads nowhere: the open folder stays what it was.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.plain_files import open_plain
from webstead.site.files.paths import is_of_git, is_private

__all__ = ["Place", "find", "open_file", "own_as"]

_MOST_LINKS = 40
"""As Linux's own limit: links that lead to each other end here."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads. Valid inside of `find` alone: it is made of open folders.

    folder: the open folder that it lies in. name: in that folder; "" for the home itself. info: as lstat
    tells, None when nothing is there. real: its path below the home, without links. own: the open folder
    itself where it is one. link: the open folder and the name of the first link of the last name, where one
    led here."""

    folder: int
    name: str
    info: os.stat_result | None
    real: tuple[str, ...]
    own: int | None = None
    link: tuple[int, str] | None = None

    @property
    def is_folder(self) -> bool:
        return self.own is not None

    @property
    def is_file(self) -> bool:
        """A regular one: a pipe or a socket has nothing to read."""
        return self.info is not None and stat.S_ISREG(self.info.st_mode)


@contextmanager
def find(root: Path, parts: tuple[str, ...], *, make: bool = False) -> Iterator[Place]:
    """The place that these names lead to. make: something is to be put there; folders on the way that are
    missing are made, and nothing is put where git alone writes.

    Raises FileNotFoundError when a folder on the way is missing (or private, or a link leads outside),
    NotADirectoryError when it is a file, OSError as the system does.
    """
    with ExitStack() as opened:
        yield _Walk(root, opened, make=make).to(parts)


def open_file(place: Place) -> int:
    """The open file: to be read, and to be closed by the caller. Raises OSError; FileNotFoundError when it is
    no regular file (any more)."""
    return open_plain(place.name, folder=place.folder)


class _Walk:
    """folders: open, from the home to where the walk is; names: theirs."""

    def __init__(self, root: Path, opened: ExitStack, *, make: bool) -> None:
        self._root = os.path.realpath(root)
        self._opened = opened
        self._make = make
        self._folders = [self._open(self._root, None)]
        self._names: list[str] = []
        self._links = 0
        self._link: tuple[int, str] | None = None

    def to(self, parts: tuple[str, ...]) -> Place:
        waiting = deque(parts)
        while waiting:
            name = waiting.popleft()
            if name == "..":
                self._up()
            elif name not in ("", ".") and (place := self._step(name, waiting)) is not None:
                return place
        folder = self._folders[-1]
        parent, name = (self._folders[-2], self._names[-1]) if self._names else (folder, "")
        return Place(parent, name, os.fstat(folder), tuple(self._names), folder, self._link)

    def _step(self, name: str, waiting: deque[str]) -> Place | None:
        """None when the walk goes on."""
        real = (*self._names, name)
        if is_private(real):
            raise _missing(name)
        if self._make and is_of_git(real):
            raise PermissionError(
                errno.EPERM, "git alone writes into the site's repository: push to it", name
            )
        here = self._folders[-1]
        info = _lstat(name, here)
        if info is None and waiting and self._make:
            with suppress(FileExistsError):  # by another, meanwhile
                os.mkdir(name, 0o755, dir_fd=here)
                own_as(here, name)
            info = _lstat(name, here)
        if info is None and waiting:
            raise _missing(name)
        if info is not None and stat.S_ISLNK(info.st_mode):
            self._follow(name, waiting)
        elif info is not None and stat.S_ISDIR(info.st_mode):
            self._folders.append(self._open(name, here))
            self._names.append(name)
        elif waiting:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        else:
            return Place(here, name, info, real, link=self._link)
        return None

    def _follow(self, name: str, waiting: deque[str]) -> None:
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
        if not waiting and self._link is None:
            self._link = (self._folders[-1], name)
        target = os.readlink(name, dir_fd=self._folders[-1])
        if os.path.isabs(target):
            if not f"{target}/".startswith(f"{self._root}/"):
                raise _missing(name)
            target = target[len(self._root) :]
            del self._folders[1:], self._names[:]
        waiting.extendleft(reversed(target.split("/")))

    def _up(self) -> None:
        """Only a link's target says so."""
        if not self._names:
            raise _missing("..")
        self._folders.pop()
        self._names.pop()

    def _open(self, name: str, folder: int | None) -> int:
        descriptor = os.open(name, _FOLDER, dir_fd=folder)
        self._opened.callback(os.close, descriptor)
        return descriptor


def own_as(folder: int, name: str) -> None:
    """What a server that runs as root makes in a folder belongs to whom the folder does: the site's user."""
    if os.geteuid() == 0:
        owner = os.fstat(folder)
        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=folder, follow_symlinks=False)


def _lstat(name: str, folder: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _missing(name: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
