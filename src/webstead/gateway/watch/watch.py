"""Restart on change, as wfastcgi's WSGI_RESTART_FILE_REGEX has it: tells that a file of the site has changed.

A save by an editor is several changes, a deployment is thousands: they are told once, when nothing that
matters has changed for a moment (QUIET_SECONDS). Afterwards the watch goes on.

How changes are seen is chosen in `open_watcher`: inotify on Linux, ReadDirectoryChangesW on Windows, else,
and where the system has no more to give, by reading the tree again and again. What is below a folder of
WATCHED_NEVER or a virtual environment is not looked at, unless the regular expression names that folder.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from threading import Thread
from typing import Callable

from webstead.gateway.hiding import unhidden
from webstead.gateway.watch.scan import ScanWatcher
from webstead.gateway.watch.tree import OVERFLOW, Change, Tree, Watcher
from webstead.gateway.wfastcgi.site_config import Tell, warn

__all__ = ["LONGEST_SECONDS", "QUIET_SECONDS", "Watch", "open_watcher"]

QUIET_SECONDS = 0.5
"""Precedents: uvicorn's reload delay 0.25 s, watchfiles 1.6 s at most between two steps."""

LONGEST_SECONDS = 10.0
"""After this long it is told, though changes still come."""


class Watch:
    """root: the site's folder. regex: matched from the start (re.match) of the path relative to it, with this
    system's separators or with the other's. on_change: called in the watch's own thread with one path that
    matched, with `/`, or "" when the system lost count. tell: gets lines for the log.
    """

    def __init__(
        self,
        root: str,
        regex: str,
        on_change: Callable[[str], None],
        tell: Tell = warn,
        opener: Callable[[Tree, Tell], Watcher] | None = None,
        quiet: float = QUIET_SECONDS,
    ) -> None:
        self._tree = Tree(root, regex)
        self._on_change = on_change
        self._tell = tell
        self._watcher = (opener or open_watcher)(self._tree, tell)
        self._quiet = quiet
        self._closed = False
        self._started = False
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """What changed since this object was made counts already."""
        self._started = True
        self._thread.start()

    def close(self) -> None:
        """Any thread."""
        self._closed = True
        self._watcher.close()
        if not self._started:
            self._watcher.wait(0)  # nobody else waits: this lets go of what the watcher holds

    def _run(self) -> None:
        while not self._closed:
            path = self._next()
            if path is not None and not self._closed:
                self._on_change(path)

    def _next(self) -> str | None:
        """Wait for a change that matters, then for quiet; None when there is nothing more."""
        first: str | None = None
        quiet = longest = 0.0
        while not self._closed:
            timeout = None if first is None else max(0.0, min(quiet, longest) - time.monotonic())
            path = self._relevant(self._wait(timeout))
            now = time.monotonic()
            if path is not None:
                quiet = now + self._quiet
                if first is None:
                    first, longest = path, now + LONGEST_SECONDS
            if first is not None and now >= min(quiet, longest):
                return first
        return None

    def _relevant(self, changes: Sequence[Change]) -> str | None:
        """A path that matters, after all changes have been taken in."""
        found = [path for path in map(self._tree.affected, changes) if path is not None]
        return found[0] if found else None

    def _wait(self, timeout: float | None) -> Sequence[Change]:
        try:
            return self._watcher.wait(timeout)
        except OSError as error:
            if self._closed:
                return ()
            self._tell(f"changes of files are looked for by reading the folder again and again: {error}")
            self._watcher = ScanWatcher(self._tree)
            return (OVERFLOW,)


def open_watcher(tree: Tree, tell: Tell) -> Watcher:
    """The best way that this system has to see changes; tell hears when it has no good one."""
    try:
        return _system_watcher(tree)
    except (OSError, ImportError, AttributeError) as error:  # also a Python or C library without the calls
        tell(f"changes of files are looked for by reading the folder again and again: {error}")
    return ScanWatcher(tree)


if sys.platform == "win32":

    def _system_watcher(tree: Tree) -> Watcher:
        with unhidden():
            from webstead.gateway.watch.windows import Kernel32, WindowsWatcher

        return WindowsWatcher(tree.root, Kernel32())

elif sys.platform == "linux":

    def _system_watcher(tree: Tree) -> Watcher:
        with unhidden():
            from webstead.gateway.watch.inotify import InotifyWatcher

        return InotifyWatcher(tree)

else:

    def _system_watcher(tree: Tree) -> Watcher:
        return ScanWatcher(tree)
