"""Where a package is that comes from no index: an address of PEP 508, or a path seen from the project."""

from __future__ import annotations

import posixpath
import re

from webstead.project.manifests.locks.model import LockError, checked_word
from webstead.project.manifests.requirement_line import git_address
from webstead.project.paths import folder_of

__all__ = ["git_reference", "seen_from"]

_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")


def git_reference(name: str, url: str, revision: str, subdirectory: str) -> str:
    """`git+https://…@revision#subdirectory=…`. Raises LockError."""
    address = git_address(url, revision, subdirectory) if revision else None
    if address is None or not _REVISION.fullmatch(revision):
        raise LockError(f"{url!r} at {revision!r}, the place of {name}, is none")
    return checked_word(name, address)


def seen_from(lock: str, path: str) -> str:
    """A path that the lock says from its own folder, as the project's root sees it."""
    return posixpath.normpath(posixpath.join(folder_of(lock), path.replace("\\", "/")))
