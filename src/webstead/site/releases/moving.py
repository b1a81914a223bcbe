"""One file or folder of a release, moved to site/kept with a link in its place. Whoever opens its path at any
moment finds it; whoever has it open goes on with the same file; a crash between two steps leaves both names,
and the next deployment goes on from there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.site.homes import SiteHome
from webstead.site.releases.databases import COMPANIONS, is_database, written_by_nobody
from webstead.site.releases.disk import exchange
from webstead.site.releases.kept_links import kept_text

__all__ = ["make_parents", "move_file", "move_folder", "put_link", "remove_set_aside", "temporary_name"]


def temporary_name(home: SiteHome, name: str) -> Path:
    """A name that nothing has, on the file system of the releases; what a crash leaves there is
    removed with unfinished releases."""
    return home.releases / f".{name[:60]}.{secrets.token_hex(8)}"


def put_link(home: SiteHome, place: Path, text: str) -> None:
    """Make a link; what stands there of files and links is replaced by it, at once. Raises OSError."""
    temporary = temporary_name(home, place.name)
    os.symlink(text, temporary)
    try:
        os.replace(temporary, place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def make_parents(home: SiteHome, root: Path, path: str, like: Path) -> None:
    """Make the folders above `path` below root, with owner and permissions of those in `like`, where it has
    them. Raises OSError."""
    above = Path(path).parent
    for folder in [*reversed(above.parents), above]:
        made = root / folder
        if made.is_dir() and not made.is_symlink():
            continue
        _set_aside(home, made)
        made.mkdir()
        with contextlib.suppress(FileNotFoundError):
            facts = os.stat(like / folder)
            made.chmod(stat.S_IMODE(facts.st_mode))
            _own(made, facts)


_GONE = "gone."
"""Begins the names of what was set aside."""


def remove_set_aside(home: SiteHome) -> None:
    """Remove what the app has put something else in the place of. With the lock held. Raises OSError."""
    for path in home.releases.glob(f".{_GONE}*"):
        remove_tree(path)


def move_file(home: SiteHome, release: Path, path: str, name: str) -> None:
    """release: its folder. path: of the file in it. name: in site/kept; what stands there is replaced. A
    database goes with its companions. Raises OSError, and WebsteadError for one that is busy."""
    make_parents(home, home.kept, name, release)
    source, target, text = release / path, home.kept / name, kept_text(path, name)
    if is_database(source):
        with written_by_nobody(source):
            _move_companions(home, source, target)
            _move(home, source, target, text)
        return
    try:
        _move(home, source, target, text)
    except OSError as error:
        if error.errno not in _NO_SECOND_NAME:
            raise
        _swap(home, source, target, text)


def move_folder(home: SiteHome, release: Path, path: str, name: str) -> None:
    """As move_file, for a folder with all in it. Raises OSError."""
    make_parents(home, home.kept, name, release)
    _swap(home, release / path, home.kept / name, kept_text(path, name))


_NO_SECOND_NAME = (errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP)
"""From a file system without hard links, and for files of other owners (Linux' protected_hardlinks)."""


def _swap(home: SiteHome, source: Path, target: Path, text: str) -> None:
    """By the exchange of names; where the system has none, there is no such path for a moment."""
    _set_aside(home, target)
    os.symlink(text, target)
    try:
        if exchange(target, source):
            return
    except OSError:
        target.unlink()
        raise
    target.unlink()
    os.rename(source, target)
    os.symlink(text, source)


def _move(home: SiteHome, source: Path, target: Path, text: str) -> None:
    """The target has the content before the link leads to it. What an app puts to the source's place in
    between is newer, and becomes the target."""
    _give_name(home, source, target)
    link = temporary_name(home, source.name)
    os.symlink(text, link)
    try:
        if not exchange(link, source):
            os.replace(link, source)
            return
    except OSError:
        link.unlink()
        if not os.path.lexists(source):  # it was deleted a moment ago
            target.unlink()
        raise
    if os.path.samestat(os.lstat(link), os.lstat(target)):
        link.unlink()
    else:
        _set_aside(home, target)
        os.rename(link, target)


def _give_name(home: SiteHome, source: Path, target: Path) -> None:
    """A second name for a file. Raises OSError, also where the file system has no such thing."""
    if target.is_dir() and not target.is_symlink():
        _set_aside(home, target)
    if os.path.lexists(target) and os.path.samestat(os.lstat(source), os.lstat(target)):
        return
    temporary = temporary_name(home, target.name)
    os.link(source, temporary, follow_symlinks=False)
    os.replace(temporary, target)


def _move_companions(home: SiteHome, source: Path, target: Path) -> None:
    """Those that a database in WAL mode has; a journal is none while nobody writes."""
    for end in COMPANIONS:
        theirs, ours = Path(f"{source}{end}"), Path(f"{target}{end}")
        if end != "-journal" and theirs.is_file() and not theirs.is_symlink():
            _give_name(home, theirs, ours)
        else:
            ours.unlink(missing_ok=True)


def _set_aside(home: SiteHome, path: Path) -> None:
    """What stands in the way of a folder, or is one where a file is to be: an app has put the other in its
    place, and this is what it was before. The end of the deployment, or of the rollback, removes it."""
    if os.path.lexists(path):
        os.rename(path, temporary_name(home, f"{_GONE}{path.name}"))


def _own(path: Path, facts: os.stat_result) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)
