"""The pointer: `site/wwwroot` is a link to the folder of the current release. One rename switches it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from webstead.effects.flushing import flush_file_system, flush_folder
from webstead.site.homes import SiteHome
from webstead.site.releases.disk import exchange

__all__ = ["switch", "take_over"]


def switch(home: SiteHome, release: str, *, flush: bool = True) -> None:
    """Make this release the current one, for whoever looks from now on. After a loss of power it is the one
    before or this one, whole: all that was written is on the disk before the pointer moves. flush: False for
    a release that has been the current one. Raises OSError, and then nothing has changed."""
    target = home.folder_of(release)
    if not target.is_dir() or target.is_symlink():
        raise FileNotFoundError(2, "there is no such release", str(target))
    if flush:
        flush_file_system(home.releases)
    _point(home, target)


def take_over(home: SiteHome, release: str) -> bool:
    """A `site/wwwroot` that is a folder, as App Service lays it out and people copy it, becomes this
    release, with all that is in it. Whether there was one. At every moment it is at one of both places,
    whole; a program that runs in it goes on. Raises OSError."""
    if home.wwwroot.is_symlink() or not home.wwwroot.is_dir():
        return False
    target = home.folder_of(release)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(_text(home, target), target_is_directory=True)  # leads nowhere until it is exchanged
    if not exchange(target, home.wwwroot):
        target.unlink()
        home.wwwroot.rename(target)
        _point(home, target)
    flush_folder(home.wwwroot.parent)
    flush_folder(target.parent)
    return True


def _point(home: SiteHome, target: Path) -> None:
    temporary = home.wwwroot.with_name(f".wwwroot.{secrets.token_hex(8)}")
    temporary.symlink_to(_text(home, target), target_is_directory=True)
    try:
        temporary.replace(home.wwwroot)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(home.wwwroot.parent)


def _text(home: SiteHome, target: Path) -> str:
    """Relative, so that the home can be moved."""
    return os.path.relpath(target, home.wwwroot.parent)
