"""The spare: a folder that lies ready for the next release, so that a deployment writes only what is new.

It has the files of a release: of one that would be removed, or, where none is due, a copy that is made after
a deployment, while nobody waits for it. Its files are nobody else's, so nothing that happens in one release
is seen in another. When it is taken, all that is not just as the next release wants it is removed first.

`site/releases/.spare` holds the folder, `files`, and its manifest. It may be removed at any time, and is when
the server starts: what a loss of power left of it is not known.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.site.homes import SiteHome
from webstead.site.releases.archive import Member
from webstead.site.releases.copying import copy_unchanged
from webstead.site.releases.failure import RESERVE
from webstead.site.releases.manifest import EMPTY, Entry, Manifest, read_manifest, write_manifest

__all__ = ["copy_to_spare", "fit", "give_to_spare", "has_spare", "is_worth_it", "take_spare"]

_NAME = ".spare"
_FILES = "files"

WORTH_FILES = 500
WORTH_BYTES = 16 << 20
"""A release with less is written as quickly as it is looked through."""

ROOM = 4
"""A copy is made where that many of it fit on the disk."""


def has_spare(home: SiteHome) -> bool:
    return (home.releases / _NAME / _FILES).is_dir()


def is_worth_it(home: SiteHome, manifest: Manifest) -> bool:
    """Whether a copy of a release is to be made: it saves time, and the disk has ample room."""
    size = sum(max(entry.size, 0) for entry in manifest.files.values())
    if len(manifest.files) < WORTH_FILES and size < WORTH_BYTES:
        return False
    if not hasattr(os, "statvfs"):  # Windows
        return True
    facts = os.statvfs(home.releases)
    return facts.f_bavail * facts.f_frsize > ROOM * size + RESERVE


def give_to_spare(home: SiteHome, release: str) -> bool:
    """Let the folder of a release that goes be the spare. False when there is one. Raises OSError."""
    if has_spare(home):
        return False
    place = _fresh(home, read_manifest(home.deployments / release))
    os.rename(home.folder_of(release), place)
    return True


def copy_to_spare(home: SiteHome, release: str, manifest: Manifest, is_halted: Callable[[], bool]) -> None:
    """Copy what was brought into a release, as far as it is untouched there, and until it is halted: what is
    there then is of use, too. Raises OSError."""
    place, source = _fresh(home, manifest), home.folder_of(release)
    place.mkdir()
    for folder in sorted(manifest.all_folders):
        (place / folder).mkdir()
    for path, entry in manifest.files.items():
        if is_halted():
            return
        if entry.crc is not None:  # what a build made, the next one makes anew
            executable = os.access(source / path, os.X_OK)
            copy_unchanged(str(source / path), str(place / path), entry, executable=executable)


def take_spare(home: SiteHome, into: Path) -> Manifest:
    """The spare takes the place of an empty folder; what it was brought of. An empty manifest, and nothing is
    done, when there is none. Raises OSError."""
    if not has_spare(home):
        return EMPTY
    spare = home.releases / _NAME
    manifest = read_manifest(spare)
    into.rmdir()
    os.rename(spare / _FILES, into)
    remove_tree(spare)
    return manifest


def fit(
    root: Path, members: Mapping[str, Member], folders: Collection[str], known: Manifest
) -> dict[str, Entry]:
    """Of what lies in a spare that was taken, leave what a release wants and has just so: the bytes, by the
    manifest that tells of them, untouched since, in a file that is ours alone. All else goes. Gives what has
    stayed. members: by path. Raises OSError."""
    mode = _usual_mode(root)
    stays: dict[str, Entry] = {}
    for entry, path in _walk(str(root), frozenset(folders)):
        member, brought = members.get(path), known.files.get(path)
        if member is not None and brought is not None and _is_wanted(member, brought):
            facts = entry.stat(follow_symlinks=False)
            if _is_as_brought(facts, brought, mode | (mode >> 2 & 0o111 if member.executable else 0)):
                stays[path] = brought
                continue
        os.unlink(entry.path)
    return stays


def _fresh(home: SiteHome, manifest: Manifest) -> Path:
    """Where the files of a new spare go."""
    spare = home.releases / _NAME
    remove_tree(spare)
    spare.mkdir(mode=0o700)
    write_manifest(spare, manifest)
    return spare / _FILES


def _walk(folder: str, wanted: frozenset[str], prefix: str = "") -> Iterator[tuple[os.DirEntry[str], str]]:
    """The files in wanted folders, and links; other folders are removed."""
    with os.scandir(folder) as scanned:
        entries = list(scanned)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            yield entry, path
        elif path in wanted:
            yield from _walk(entry.path, wanted, f"{path}/")
        else:
            remove_tree(Path(entry.path))


def _is_wanted(member: Member, brought: Entry) -> bool:
    return (brought.crc, brought.size, brought.stamp) == (member.crc32, member.size, member.stamp)


def _is_as_brought(facts: os.stat_result, brought: Entry, mode: int) -> bool:
    return (
        stat.S_ISREG(facts.st_mode)
        and brought.describes(facts)
        and stat.S_IMODE(facts.st_mode) == mode
        and facts.st_nlink == 1
        and (not hasattr(os, "geteuid") or facts.st_uid == os.geteuid())
    )


def _usual_mode(root: Path) -> int:
    """Permissions of a file that we make there, by the umask, and not what an app has made of one."""
    probe = root / ".webstead-mode"
    probe.unlink(missing_ok=True)
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
        probe.unlink()
