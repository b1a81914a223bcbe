"""The pointer: `site/wwwroot` is a link to the folder of the current release. One rename switches it."""

from __future__ import annotations

import os
from pathlib import Path

from webstead.site.homes import SiteHome
from webstead.site.releases.exchange import exchange

__all__ = ["switch", "take_over"]


def switch(home: SiteHome, release: str) -> None:
    """Make this release the current one, for whoever looks from now on, also after a loss of power. Raises
    OSError, and then nothing has changed."""
    target = home.folder_of(release)
    if not target.is_dir():
        raise FileNotFoundError(2, "there is no such release", str(target))
    temporary = home.wwwroot.with_name(f".wwwroot.{os.getpid()}.{release[:12]}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(os.path.relpath(target, home.wwwroot.parent), target_is_directory=True)
    try:
        temporary.replace(home.wwwroot)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _flush(home.wwwroot.parent)


def take_over(home: SiteHome, release: str) -> bool:
    """A `site/wwwroot` that is a folder, as App Service lays it out and people copy it, becomes this
    release, with all that is in it. Whether there was one. At every moment it is at one of both places,
    whole."""
    if home.wwwroot.is_symlink() or not home.wwwroot.is_dir():
        return False
    target = home.folder_of(release)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(os.path.relpath(target, home.wwwroot.parent), target_is_directory=True)
    exchange(home.wwwroot, target)
    _flush(home.wwwroot.parent)
    _flush(target.parent)
    return True


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
