"""The memory of our own processes: the supervisor and the front, without the app."""

from __future__ import annotations

import psutil

from bench.processes import ContenderError

__all__ = ["resident_mb"]

FRONT = "webstead.front"


def resident_mb(supervisor: int) -> float:
    """Resident memory in MB (of 10^6 bytes) of the supervisor, the front and the front's own children.

    Pages that they share are counted once for each, so the true sum is lower.
    """
    root = psutil.Process(supervisor)
    fronts = [child for child in root.children() if FRONT in child.cmdline()]
    if not fronts:
        raise ContenderError(f"no {FRONT} below process {supervisor}")
    family = [root, *(member for front in fronts for member in (front, *front.children(recursive=True)))]
    return float(sum(member.memory_info().rss for member in family)) / 1e6
