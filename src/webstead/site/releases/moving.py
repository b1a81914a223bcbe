"""One file or folder of a release, moved to site/kept with a link in its place. Whoever opens its path at any
moment finds it; whoever has it open goes on with the same file; a crash between two steps leaves both names,
and the next deployment goes on from there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from webstead.site.homes import SiteHome
from webstead.site.releases.aside import set_aside, temporary_name
from webstead.site.releases.databases import COMPANIONS, is_database, written_by_nobody
from webstead.site.releases.disk import exchange
from webstead.site.releases.kept_links import kept_text

__all__ = ["make_parents", "move_file", "move_folder"]


def make_parents(home: SiteHome, root: Path, path: str, like: Path) -> None:
    """Make the folders above `path` below root, with owner and permissions of those in `like`, where it has
    them. Raises OSError."""
    above = Path(path).parent
    for folder in [*reversed(above.parents), above]:
        made = root / folder
        if made.is_dir() and not made.is_symlink():
            continue
        set_aside(home, made)
        made.mkdir()
        with contextlib.suppress(FileNotFoundError):
            facts = os.stat(like / folder)
            made.chmod(stat.S_IMODE(facts.st_mode))
            _own(made, facts)


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
    set_aside(home, target)
    os.symlink(text, target)
    try:
        if exchange(target, source):
            if target.is_symlink():  # the folder was renamed, and this is what took its place
                exchange(target, source)
                raise _gone(source)
            return
    except OSError:
        target.unlink()
        raise
    target.unlink()
    os.rename(source, target)
    os.symlink(text, source)


def _gone(path: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "something else by now", str(path))


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
    elif link.is_symlink():
        exchange(link, source)
        link.unlink()
        target.unlink()
        raise _gone(source)
    else:
        set_aside(home, target)
        os.rename(link, target)


def _give_name(home: SiteHome, source: Path, target: Path) -> None:
    """A second name for a file. Raises OSError, also where the file system has no such thing."""
    if target.is_dir() and not target.is_symlink():
        set_aside(home, target)
    if os.path.lexists(target) and os.path.samestat(os.lstat(source), os.lstat(target)):
        return
    temporary = temporary_name(home, target.name)
    os.link(source, temporary, follow_symlinks=False)
    if temporary.is_symlink():
        temporary.unlink()
        raise _gone(source)
    os.replace(temporary, target)


def _move_companions(home: SiteHome, source: Path, target: Path) -> None:
    """Those that a database in WAL mode has; a journal is none while nobody writes."""
    for end in COMPANIONS:
        theirs, ours = Path(f"{source}{end}"), Path(f"{target}{end}")
        if end != "-journal" and theirs.is_file() and not theirs.is_symlink():
            _give_name(home, theirs, ours)
        else:
            ours.unlink(missing_ok=True)


def _own(path: Path, facts: os.stat_result) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)
