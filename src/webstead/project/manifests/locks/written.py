"""A fixed package as a line of a requirements file. Pure."""

from __future__ import annotations

from collections.abc import Callable

from webstead.project.manifests.locks.model import Pin

__all__ = ["requirement_line"]


def requirement_line(pin: Pin, locate: Callable[[str], str]) -> str:
    """locate: a `file:` address for a path of the project. Extras are left out: what they bring is fixed by
    lines of its own."""
    if pin.path:
        words = f"{'-e ' if pin.editable else ''}{locate(pin.path)}"
    elif pin.reference:
        words = f"{pin.name} @ {pin.reference}"
    else:
        words = f"{pin.name}=={pin.version}" if pin.release else f"{pin.name}{pin.version.strip('*')}"
    return " ".join([words, *(f"--hash={each}" for each in pin.hashes)])
