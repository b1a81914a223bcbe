"""Changes seen through Linux' inotify(7): one watch for each folder, added as folders come."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
import sys
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import NamedTuple

from webstead.gateway.watch.tree import OVERFLOW, Change, Tree

__all__ = ["Event", "InotifyWatcher", "read_events"]

_ATTRIB = 0x0004
_CLOSE_WRITE = 0x0008
_MOVED_FROM = 0x0040
_MOVED_TO = 0x0080
_CREATE = 0x0100
_DELETE = 0x0200
_MOVE_SELF = 0x0800
_OVERFLOW = 0x4000
_IGNORED = 0x8000
_ONLYDIR = 0x0100_0000
_DONT_FOLLOW = 0x0200_0000
_ISDIR = 0x4000_0000

_CAME_OR_WENT = _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_MASK = _ATTRIB | _CLOSE_WRITE | _CAME_OR_WENT | _MOVE_SELF | _ONLYDIR | _DONT_FOLLOW
"""Not IN_MODIFY: a log that is written all the time would wake the watch each time."""

_HEADER = struct.Struct("iIII")
_READ_BYTES = 64 * 1024

_LIMITS = {
    errno.ENOSPC: "no more inotify watches (fs.inotify.max_user_watches)",
    errno.EMFILE: "no more inotify instances (fs.inotify.max_user_instances) or open files",
}


class Event(NamedTuple):
    """watch: the number that adding the folder gave. name: bytes of the file system, b"" for the folder
    itself."""

    watch: int
    mask: int
    name: bytes


def read_events(data: bytes) -> Iterator[Event]:
    """What one read of an inotify descriptor gave. Raises ValueError for what none gives."""
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise ValueError("an event is cut short")
        watch, mask, _, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        if len(data) - at < length:
            raise ValueError("an event's name is cut short")
        yield Event(watch, mask, data[at : at + length].split(b"\0", 1)[0])
        at += length


def _checked(result: int) -> int:
    """The result of a call of libc's. Raises OSError."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, _LIMITS.get(number, os.strerror(number)))
    return result


if sys.platform == "linux":

    class InotifyWatcher:
        """Raises OSError when the system has no inotify, or no more of it."""

        def __init__(self, tree: Tree) -> None:
            self._tree = tree
            self._folders: dict[int, str] = {}
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._fd = _checked(self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
            self._woken, self._wake = os.pipe()
            self._lock = Lock()  # around the life of the descriptors
            self._poll = select.poll()
            self._poll.register(self._fd, select.POLLIN)
            self._poll.register(self._woken, select.POLLIN)
            try:
                self._add("")
            except OSError:
                self._release()
                raise

        def wait(self, timeout: float | None) -> Sequence[Change]:
            if self._fd < 0:
                return ()
            ready = {fd for fd, _ in self._poll.poll(None if timeout is None else timeout * 1000)}
            if self._woken in ready:
                self._release()
            elif self._fd in ready:
                try:
                    return [change for event in read_events(self._read()) for change in self._changes(event)]
                except OSError:
                    self._release()
                    raise
            return ()

        def close(self) -> None:
            with self._lock:
                if self._fd >= 0:
                    os.write(self._wake, b".")

        def _read(self) -> bytes:
            try:
                return os.read(self._fd, _READ_BYTES)
            except BlockingIOError:
                return b""

        def _changes(self, event: Event) -> Iterator[Change]:
            if event.mask & _OVERFLOW:
                self._add("")
                yield OVERFLOW
            elif event.mask & (_IGNORED | _MOVE_SELF):
                self._gone(event)
            elif event.name and (folder := self._folders.get(event.watch)) is not None:
                name = os.fsdecode(event.name)
                path = f"{folder}/{name}" if folder else name
                yield Change(path, bool(event.mask & _CAME_OR_WENT and event.mask & _ISDIR))
                self._follow(path, event.mask)

        def _gone(self, event: Event) -> None:
            """A folder below the root is told of by the folder above it; nobody tells of the root."""
            folder = self._folders.get(event.watch)
            if folder == "":
                raise OSError(errno.ENOENT, "the folder itself was moved or removed", self._tree.root)
            if event.mask & _IGNORED:
                self._folders.pop(event.watch, None)

        def _follow(self, path: str, mask: int) -> None:
            """Keep the watches true to the folders."""
            if not mask & _ISDIR:
                return
            if mask & _MOVED_FROM:
                below = f"{path}/"
                for watch in [w for w, f in self._folders.items() if f == path or f.startswith(below)]:
                    self._libc.inotify_rm_watch(self._fd, watch)
                    del self._folders[watch]
            elif mask & (_CREATE | _MOVED_TO) and not self._tree.leaves_out(path):
                self._add(path)

        def _add(self, below: str) -> None:
            """A folder is watched before it is listed: what comes in between is seen twice, not missed."""
            rest = [below]
            while rest:
                folder = rest.pop()
                full = os.path.join(self._tree.root, folder)
                watch = self._libc.inotify_add_watch(self._fd, os.fsencode(full), _MASK)
                if watch >= 0:
                    self._folders[watch] = folder
                    rest += self._tree.entries(folder)[0]
                elif ctypes.get_errno() in _LIMITS or not folder:
                    _checked(watch)

        def _release(self) -> None:
            with self._lock:
                for fd in (self._fd, self._woken, self._wake):
                    os.close(fd)
                self._fd = -1
