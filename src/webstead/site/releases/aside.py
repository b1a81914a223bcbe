"""Names on the file system of the releases for what is on its way to another, or in the way of something.
What a crash leaves under them is removed with unfinished releases.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.site.homes import SiteHome

__all__ = ["remove_set_aside", "set_aside", "temporary_name"]

_GONE = "gone."
"""Begins the names of what was set aside."""


def temporary_name(home: SiteHome, name: str) -> Path:
    """That nothing has."""
    return home.releases / f".{name[:60]}.{secrets.token_hex(8)}"


def set_aside(home: SiteHome, path: Path) -> None:
    """What stands in the way of a folder, or is one where a file is to be: an app has put the other in its
    place, and this is what it was before. The end of the deployment, or of the rollback, removes it."""
    if os.path.lexists(path):
        os.rename(path, temporary_name(home, f"{_GONE}{path.name}"))


def remove_set_aside(home: SiteHome) -> None:
    """Remove what the app has put something else in the place of. With the lock held. Raises OSError."""
    for path in home.releases.glob(f".{_GONE}*"):
        remove_tree(path)
