"""Changes seen by reading the tree again and again: for systems without a better way, and when that is used
up."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from threading import Event

from webstead.gateway.watch.tree import Change, Tree

__all__ = ["SCAN_SECONDS", "ScanWatcher"]

SCAN_SECONDS = 1.0
"""Between two readings. Precedents: Django's and Werkzeug's reloaders, 1 s."""

SCAN_SHARE = 20
"""A reading that takes long is followed by this many times its duration without one."""

_Stamp = tuple[int, int, int]


class ScanWatcher:
    """A file has changed when its time, its size or its identity has."""

    def __init__(self, tree: Tree, every: float = SCAN_SECONDS) -> None:
        self._tree = tree
        self._every = every
        self._closed = Event()
        self._pause = every
        self._seen = self._stamps()

    def wait(self, timeout: float | None) -> Sequence[Change]:
        while not self._closed.wait(self._pause if timeout is None else min(timeout, self._pause)):
            before, self._seen = self._seen, self._stamps()
            changes = [
                Change(path) for path in {**before, **self._seen} if before.get(path) != self._seen.get(path)
            ]
            if changes or timeout is not None:
                return changes
        return ()

    def close(self) -> None:
        self._closed.set()

    def _stamps(self) -> dict[str, _Stamp]:
        began = time.monotonic()
        stamps = {path: stamp for path in self._tree.files() if (stamp := self._stamp(path))}
        self._pause = max(self._every, SCAN_SHARE * (time.monotonic() - began))
        return stamps

    def _stamp(self, path: str) -> _Stamp | None:
        try:
            found = os.stat(os.path.join(self._tree.root, path))
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
