"""Spares are made while nobody waits: after a deployment, in threads of low priority, one for each site."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

from webstead.site.homes import SiteHome
from webstead.site.releases.manifest import read_manifest
from webstead.site.releases.spare import copy_to_spare, has_spare, is_worth_it

__all__ = ["Spares"]

_NICE = 10


class Spares:
    """Of the sites of one server. A deployment halts that of its site, and takes what there is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making: dict[str, _Making] = {}

    @property
    def making(self) -> tuple[threading.Thread, ...]:
        """The threads that make one now, or did last."""
        with self._lock:
            return tuple(self._making.values())

    def begin(self, home: SiteHome) -> None:
        """Make a spare of the release that serves, when there is none and it is worth it."""
        with self._lock:
            making = self._making.get(home.name)
            if making is None or not making.is_alive():
                self._making[home.name] = making = _Making(home)
                making.start()

    def halt(self, site: str) -> None:
        """Returns when nothing is made any more: at once, or after one file."""
        with self._lock:
            making = self._making.pop(site, None)
        if making is not None:
            making.halted.set()
            making.join()


class _Making(threading.Thread):
    def __init__(self, home: SiteHome) -> None:
        super().__init__(name=f"spare of {home.name}", daemon=True)
        self._home = home
        self.halted = threading.Event()

    def run(self) -> None:
        """What fails is no matter: the next deployment writes all of its files then."""
        if sys.platform == "linux":  # a thread has a priority of its own there
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        home, release = self._home, self._home.release
        if release is None or has_spare(home):
            return
        manifest = read_manifest(home.deployments / release)
        with contextlib.suppress(OSError):
            if is_worth_it(home, manifest):
                copy_to_spare(home, release, manifest, self.halted.is_set)
