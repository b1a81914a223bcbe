"""Where a package is that comes from no index: an address of PEP 508, or a path seen from the project."""

from __future__ import annotations

import posixpath
import re

from webstead.project.manifests.locks.model import LockError, checked_word
from webstead.project.paths import folder_of

__all__ = ["git_reference", "seen_from"]

_SCP = re.compile(r"(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+):(?!//)(?P<path>\S+)")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")


def git_reference(name: str, url: str, revision: str, subdirectory: str) -> str:
    """`git+https://…@revision#subdirectory=…`. Raises LockError."""
    scp = _SCP.fullmatch(url)
    if scp and not re.match(r"[A-Za-z]:[\\/]", url):
        url = f"ssh://{scp['user'] or 'git'}@{scp['host']}/{scp['path'].lstrip('/')}"
    if not _REVISION.fullmatch(revision):
        raise LockError(f"{revision!r}, the revision of {name}, is none")
    inside = f"#subdirectory={subdirectory}" if subdirectory else ""
    return checked_word(name, f"git+{url.removeprefix('git+')}@{revision}{inside}")


def seen_from(lock: str, path: str) -> str:
    """A path that the lock says from its own folder, as the project's root sees it."""
    return posixpath.normpath(posixpath.join(folder_of(lock), path.replace("\\", "/")))
