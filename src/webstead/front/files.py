"""Files of the site: from a URL path to the file that may be sent, and to its answer.

Three things stand between a path and a file: the path as asked (`denied`), the path as it really is on the
disk, links followed (must lie inside its folder, and `denied` again), and the folders above it (none may be
an environment).
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from webstead.effects.plain_files import open_plain
from webstead.front.denied import ENVIRONMENT_MARK, ENVIRONMENT_NAMES, ENVIRONMENT_PROGRAMS, is_denied
from webstead.front.folder_page import Entry
from webstead.front.limits import LISTED, STATIC_CACHE, STATIC_CACHED_FILE, STATIC_FRESH_SECONDS
from webstead.front.validators import etag_of, http_date

__all__ = ["Files", "Found", "read_part_aside"]


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be sent. modified: whole seconds. headers: its validators. body: None when it is not
    kept."""

    path: str
    size: int
    modified: int
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | None


class Files:
    """The folders that a site is served from: its root, and virtual ones that lie over it at URL paths.
    kept: a folder that links in the root may lead to, "" for none.

    What was found is kept for STATIC_FRESH_SECONDS, and bodies up to STATIC_CACHED_FILE with it,
    STATIC_CACHE in all.
    """

    def __init__(self, root: str, virtual: Sequence[tuple[str, str]], kept: str = "") -> None:
        self._kept_root = os.path.realpath(kept) if kept else ""
        self._roots = tuple(
            (path.rstrip("/"), os.path.realpath(folder))
            for path, folder in sorted((*virtual, ("", root)), key=lambda pair: -len(pair[0]))
        )
        self._known: dict[str, tuple[float, Found]] = {}
        self._kept = 0

    def kind(self, path: str) -> Literal["file", "folder", "none"]:
        """What stands at a URL path, for routing. What is never sent does not stand there."""
        if self.stands(path) != "something":  # most paths are the app's: the rest is dear
            return "none"
        real = self._real(path)
        if real is None:
            return "none"
        try:
            mode = os.stat(real).st_mode
        except (OSError, ValueError):
            return "none"
        return "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "none"

    def entries(self, path: str) -> list[Entry]:
        """What stands in the folder at a URL path, of what may be sent; one more than LISTED at most. Safe
        to call from another thread."""
        real = self._real(path)
        if real is None:
            return []
        base = path.rstrip("/")
        mounted = [mount[len(base) + 1 :] for mount, _ in self._roots if mount.startswith(base + "/")]
        names = {name for name in mounted if "/" not in name and self.kind(f"{base}/{name}") == "folder"}
        found = [
            Entry(name, True, 0, os.stat(self._real(f"{base}/{name}") or real).st_mtime) for name in names
        ]
        with os.scandir(real) as scanned:
            for each in scanned:
                if each.name not in names and (entry := self._entry(base, each)) is not None:
                    found.append(entry)
                    if len(found) > LISTED:
                        break
        return found

    def _entry(self, base: str, each: os.DirEntry[str]) -> Entry | None:
        """As a client sees it; links are followed, and one that leads away is not there."""
        if is_denied(each.name) or (each.is_symlink() and self._real(f"{base}/{each.name}") is None):
            return None
        try:
            status = each.stat()
        except OSError:
            return None
        if stat.S_ISDIR(status.st_mode):
            environment = _is_environment(each.path, each.name)
            return None if environment else Entry(each.name, True, 0, status.st_mtime)
        if stat.S_ISREG(status.st_mode):
            return Entry(each.name, False, status.st_size, status.st_mtime)
        return None

    @property
    def root(self) -> str:
        """The site's own folder, links followed."""
        return self._roots[-1][1]

    def place(self, path: str) -> str:
        """Where a URL path leads on the disk, whatever stands there, links not followed."""
        mount, root = self._mount(path)
        return os.path.join(root, path[len(mount) :].strip("/"))

    def stands(self, path: str) -> Literal["something", "nothing", "below a file"]:
        """What the disk says of a URL path, whether it may be sent or not."""
        try:
            os.lstat(self.place(path))
        except NotADirectoryError:
            return "below a file"
        except (OSError, ValueError):
            return "nothing"
        return "something"

    def find(self, path: str) -> Found | None:
        """The file at a URL path; None where there is none that may be sent."""
        known = self._known.get(path)
        now = monotonic()
        if known is not None and now - known[0] < STATIC_FRESH_SECONDS:
            return known[1]
        self._forget(path)
        found = self._look(path, known[1] if known else None)
        if found is not None:
            self._keep(path, found, now)
        return found

    def _forget(self, path: str) -> None:
        known = self._known.pop(path, None)
        if known is not None:
            self._kept -= _cost(known[1])

    def _keep(self, path: str, found: Found, now: float) -> None:
        self._known[path] = (now, found)
        self._kept += _cost(found)
        while self._kept > STATIC_CACHE:
            self._forget(next(iter(self._known)))

    def _look(self, path: str, before: Found | None) -> Found | None:
        real = self._real(path)
        if real is None:
            return None
        try:
            descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (OSError, ValueError):
            return None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return None
            etag = etag_of(status.st_size, status.st_mtime_ns)
            if before is not None and before.etag == etag and before.path == real:
                return before
            small = status.st_size <= STATIC_CACHED_FILE
            body = os.read(descriptor, STATIC_CACHED_FILE) if small else None
        except OSError:
            return None
        finally:
            os.close(descriptor)
        modified = status.st_mtime_ns // 1_000_000_000
        headers = ((b"etag", etag), (b"last-modified", http_date(modified)), (b"accept-ranges", b"bytes"))
        size = status.st_size if body is None else len(body)
        return Found(real, size, modified, etag, headers, body)

    def _mount(self, path: str) -> tuple[str, str]:
        return next(
            (mount, root) for mount, root in self._roots if path == mount or path.startswith(mount + "/")
        )

    def _real(self, path: str) -> str | None:
        """The path on the disk, links followed; None when it may not be looked at."""
        if is_denied(path) or "\x00" in path:
            return None
        mount, root = self._mount(path)
        below = path[len(mount) :].strip("/")
        try:
            real = os.path.realpath(os.path.join(root, below)) if below else root
        except (OSError, ValueError):
            return None
        if real == root:
            return real
        if not mount and self._kept_root and _is_below(real, self._kept_root):
            root = self._kept_root
        elif not _is_below(real, root):
            return None
        inside = real[len(root.rstrip(os.sep)) + 1 :]
        if is_denied(inside.replace(os.sep, "/")) or _in_environment(root, inside):
            return None
        return real


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


def _cost(found: Found) -> int:
    return len(found.path) + (len(found.body) if found.body else 0) + 512


def _in_environment(root: str, inside: str) -> bool:
    folder = root
    for segment in inside.split(os.sep):
        folder = os.path.join(folder, segment)
        if _is_environment(folder, segment):
            return True
    return False


def _is_environment(folder: str, name: str) -> bool:
    marks = [ENVIRONMENT_MARK]
    if name.casefold() in ENVIRONMENT_NAMES:
        marks += ENVIRONMENT_PROGRAMS
    return any(os.path.lexists(os.path.join(folder, mark)) for mark in marks)


def read_part(path: str, first: int, length: int) -> bytes:
    """Some bytes of a file; fewer where it has become shorter."""
    with open(open_plain(path), "rb") as file:
        file.seek(first)
        return file.read(length)


async def read_part_aside(path: str, first: int, length: int) -> bytes:
    """The same in a thread, as a disk may be slow."""
    return await asyncio.get_running_loop().run_in_executor(None, read_part, path, first, length)
