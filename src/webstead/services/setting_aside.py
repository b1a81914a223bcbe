"""Folders that are to go: out of the way at once, by one rename, and removed when nobody waits for it. What a
crash leaves of them is removed with all else that was on its way."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.services.context import Context

__all__ = ["remove_later", "set_aside"]


def set_aside(context: Context, folder: Path) -> Path | None:
    """Where it is now; None when there is none. Raises OSError."""
    aside = context.temporary / f"deleted-{folder.name}-{uuid.uuid4().hex}"
    if not os.path.lexists(folder):
        return None
    folder.rename(aside)
    return aside


def remove_later(context: Context, *folders: Path | None) -> None:
    """folders: as `set_aside` gave them."""
    for folder in folders:
        if folder is not None:
            _remove_later(context, folder)


def _remove_later(context: Context, folder: Path) -> None:
    context.background.start(f"remove {folder.name}", lambda: remove_tree(folder))
