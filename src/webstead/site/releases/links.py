"""The links to what is kept, as they lie in the folder of a release: found, made, and changed while an app
may put something else in their places."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.site.homes import SiteHome
from webstead.site.releases.aside import temporary_name
from webstead.site.releases.disk import exchange
from webstead.site.releases.kept_links import path_in_kept

__all__ = ["links_to_kept", "put_link", "replace_link"]


def links_to_kept(folder: Path) -> Iterator[tuple[str, str]]:
    """(where it lies, what in site/kept it leads to), both relative. What has gone since we looked has none.
    Nothing is asked of the files themselves: a release has thousands. Raises OSError for what cannot be read:
    nobody knows what that links to."""
    return _below(str(folder), "")


def put_link(home: SiteHome, place: Path, text: str, newest: int) -> bool:
    """Make a link; the file or link that stands there is replaced by it, at once. newest: nanoseconds since
    1970: a file that was written later stays: an app has put it there. Whether the link is there now. Raises
    OSError."""
    while True:
        with suppress(FileExistsError):
            os.symlink(text, place)
            return True
        taken = temporary_name(home, place.name)
        os.symlink(text, taken)
        try:
            if not exchange(taken, place):
                return _put_without_exchange(taken, place, newest)
        except FileNotFoundError:
            taken.unlink()
            continue  # removed a moment ago
        except BaseException:
            taken.unlink()
            raise
        if _written(taken) > newest:
            _give_back(taken, place, text)
            return False
        remove_tree(taken)
        return True


def _put_without_exchange(link: Path, place: Path, newest: int) -> bool:
    try:
        if os.path.lexists(place) and _written(place) > newest:
            link.unlink()
            return False
        os.replace(link, place)
    except BaseException:
        link.unlink(missing_ok=True)
        raise
    return True


def _replace_without_exchange(link: Path, place: Path, before: str) -> bool:
    if _text_of(str(place)) != before:
        link.unlink()
        return False
    os.replace(link, place)
    return True


def replace_link(home: SiteHome, place: Path, before: str | None, after: str | None) -> bool:
    """Change the text of a link; None: of no link. False, and nothing is done, when something else than
    `before` is there by now. Raises OSError."""
    if before is None:
        with suppress(FileExistsError):
            os.symlink(after or "", place)
            return True
        return False
    taken = temporary_name(home, place.name)
    try:
        if after is None:
            os.rename(place, taken)
        else:
            os.symlink(after, taken)
            if not exchange(taken, place):
                return _replace_without_exchange(taken, place, before)
    except FileNotFoundError:
        taken.unlink(missing_ok=True)
        return False
    if _text_of(str(taken)) == before:
        taken.unlink()
        return True
    _give_back(taken, place, after)
    return False


def _give_back(taken: Path, place: Path, text: str | None) -> None:
    """What an app had put there. text: of the link that we made in its place. What it puts there meanwhile
    is newer."""
    if text is None and not os.path.lexists(place):
        os.rename(taken, place)
        return
    with suppress(FileNotFoundError):  # it has removed it by now
        while exchange(taken, place):
            if _text_of(str(taken)) == text or _written(taken) <= _written(place):
                break
    remove_tree(taken)


def _written(path: Path) -> int:
    """In nanoseconds since 1970; 0 for a link, which says nothing itself."""
    facts = os.lstat(path)
    return 0 if stat.S_ISLNK(facts.st_mode) else facts.st_mtime_ns


def _below(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(folder) as scanned:
            entries = list(scanned)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        path = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, f"{path}/")
        elif entry.is_symlink() and (name := path_in_kept(_text_of(entry.path))) is not None:
            yield path, name


def _text_of(link: str) -> str:
    """Empty for one that an app has put a file in the place of, or removed, since we looked. Raises
    OSError."""
    try:
        return os.readlink(link)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return ""
