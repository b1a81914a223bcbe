"""The roll of instances: which run, by what the supervisor tells of their starts and ends."""

from __future__ import annotations

import time
from collections.abc import Callable

from webstead.events import Event, InstanceExited, InstanceStarted
from webstead.site.server.orders import RunningInstance

__all__ = ["Roll"]


class Roll:
    """clock: seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._running: dict[tuple[str, int], RunningInstance] = {}

    def note(self, site: str, event: Event) -> None:
        match event:
            case InstanceStarted(instance=name, pid=pid):
                label = name.partition(".")[0]
                self._running[site, pid] = RunningInstance(site, name, label, pid, self._clock())
            case InstanceExited(pid=pid):
                self._running.pop((site, pid), None)

    def of(self, site: str = "") -> list[RunningInstance]:
        """Those of the site, or of all; the oldest first."""
        return [each for each in self._running.values() if site in ("", each.site)]
