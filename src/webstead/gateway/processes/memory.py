"""How much memory this process holds."""

from __future__ import annotations

import os
import sys
from typing import Callable

__all__ = ["memory_reader", "peak_bytes", "resident_bytes"]

_STATM = "/proc/self/statm"


def memory_reader() -> Callable[[], int] | None:
    """Bytes in memory: resident where /proc tells it, else the largest so far; None where neither is known
    (Windows, where `gateway.windows` knows).
    """
    if os.path.exists(_STATM):
        return resident_bytes
    try:
        import resource  # noqa: F401  # there is none on Windows
    except ImportError:
        return None
    return peak_bytes


def resident_bytes() -> int:
    """proc(5): the second number of statm, in pages."""
    with open(_STATM, "rb") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """getrusage(2): ru_maxrss, in kilobytes, but bytes on macOS. It never falls."""
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
