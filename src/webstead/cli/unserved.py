"""What is said where nobody serves the home: commands work on it all the same, and nobody answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["unserved"]


def unserved(api: Api, so: str) -> str:
    """A sentence with the command that serves it; "" where somebody does. so: what follows, as `so nothing
    runs`."""
    return f"Nobody serves this home, {so}: {api.place.serve_command}" if api.in_process else ""
