"""What was sent and is no part of a site: KuduSync's list, as Kudu's deployment scripts have it."""

from __future__ import annotations

from webstead.effects.files import remove_tree
from webstead.site.deploy.gather import Gathered
from webstead.site.deploy.model import Published
from webstead.site.deploy.telling import some_of
from webstead.site.deploy.tree import scan
from webstead.site.deploy.work import Work
from webstead.site.releases.ignoring import IGNORED
from webstead.site.releases.manifest import EMPTY, Manifest

__all__ = ["ignored_in", "leave_out"]

_NAMES = tuple(IGNORED.text.split(";"))
"""Each is a name without a sign of a pattern: what holds none of them need not be matched."""


def leave_out(work: Work, gathered: Gathered, *, scanned: bool) -> None:
    """After the setting COMMAND, which may use it, and make some: then the folder is scanned. What was
    published file by file was meant, and stays. Raises UsageError, OSError."""
    if isinstance(work.request.source, Published):
        return
    found = scan(work.folder, gathered.brought) if scanned else gathered.brought
    taken = ignored_in(found, gathered.listed if gathered.partial else EMPTY)
    for path in taken:
        remove_tree(work.folder / path)
    if taken:
        work.log.say(f"Left out, for it is no part of the site: {some_of(taken)}.")


def ignored_in(found: Manifest, before: Manifest) -> tuple[str, ...]:
    """The outermost of what is to be left out. before: what stays in any case. Pure."""
    tops = {_top(path) for path in found.lines() if _may_match(path) and IGNORED.covers(path)}
    known = before.all_folders.union(before.files)
    return tuple(sorted(tops - known))


def _may_match(path: str) -> bool:
    low = path.lower()
    return any(name in low for name in _NAMES)


def _top(path: str) -> str:
    at = path.find("/")
    while at > 0 and not IGNORED.covers(path[:at]):
        at = path.find("/", at + 1)
    return path if at < 0 else path[:at]
