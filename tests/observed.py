"""What a test sees of processes, which come and go while it looks."""

from __future__ import annotations

import gc
import os

import psutil

__all__ = ["has_ended", "open_descriptors", "words_of"]


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; none of one that has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def has_ended(process: psutil.Process | int) -> bool:
    """Whoever adopted it may leave it unburied for a while."""
    try:
        found = psutil.Process(process) if isinstance(process, int) else process
        return not found.is_running() or found.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def open_descriptors() -> int:
    """Of this process, without those that only wait to be collected: other tests have left them."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
