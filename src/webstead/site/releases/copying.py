"""Files become those of a release by copying: by the file system itself, which shares the blocks where it can
(Btrfs, XFS). Never by hard links: an app that writes into a file in place would change two releases at once.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from webstead.site.releases.failure import broken_disk
from webstead.site.releases.manifest import Entry, Manifest

__all__ = ["copy_folder", "copy_unchanged", "write_all"]

_READ = (
    os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_CANNOT = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM)
"""What a kernel says that cannot copy between these two file systems."""

_PIECE = 1 << 20


def copy_folder(
    folder: Path,
    into: Path,
    ignored: Callable[[str], bool] = lambda path: False,
    like: tuple[Path, Manifest] | None = None,
) -> Manifest:
    """Copy what is in a folder into one that is there. Files keep their times; of modes, whether they may
    be executed. Links inside of the folder are copied as links; those that lead out, and special files, are
    left out. ignored: asked of each relative path. like: the folder and the manifest of the release that
    serves: a file that has the same bytes there, untouched, keeps the time that it has there, so that
    browsers keep it. Raises HostError."""
    files: dict[str, Entry] = {}
    folders: set[str] = set()
    try:
        for path, info in _walk(folder, "", ignored):
            target = into / path
            if stat.S_ISDIR(info.st_mode):
                target.mkdir(exist_ok=True)
                folders.add(path)
            elif stat.S_ISLNK(info.st_mode):
                target.symlink_to(os.readlink(folder / path))
                files[path] = Entry(info.st_size, os.lstat(target).st_mtime_ns)
            else:
                files[path] = _copy_file(folder / path, target)
                before = like[1].files.get(path) if like is not None else None
                if like is not None and before is not None and _is_same(like[0] / path, target, before):
                    os.utime(target, ns=(before.mtime_ns, before.mtime_ns))
                    files[path] = before
    except OSError as error:
        raise broken_disk(error, into, sum(entry.size for entry in files.values())) from error
    return Manifest(files, frozenset(folders))


def copy_unchanged(source: str, target: str, entry: Entry, *, executable: bool) -> bool:
    """Copy a file of another release when it is what was brought there: size and time as in the entry. False
    when it is not, or does not stay so while it is copied; then nothing is left. Raises OSError for what is
    written."""
    try:
        opened = os.open(source, _READ)
    except OSError:
        return False
    try:
        facts = os.fstat(opened)
        wanted = (entry.size, entry.mtime_ns, executable)
        if (facts.st_size, facts.st_mtime_ns, facts.st_mode & 0o100 != 0) != wanted:
            return False
        if _copy(opened, target, facts) and os.fstat(opened).st_mtime_ns == entry.mtime_ns:
            return True
        os.unlink(target)
        return False
    finally:
        os.close(opened)


def write_all(target: int, content: bytes | memoryview) -> None:
    """Raises OSError."""
    done = os.write(target, content)
    while done < len(content):
        done += os.write(target, memoryview(content)[done:])


def _copy_file(source: Path, target: Path) -> Entry:
    """What was copied: a file may change while its folder is walked."""
    opened = os.open(source, _READ)
    try:
        facts = os.fstat(opened)
        if not _copy(opened, str(target), facts):
            raise OSError(errno.EIO, "it has become shorter while it was copied", str(source))
    finally:
        os.close(opened)
    return Entry(facts.st_size, facts.st_mtime_ns)


def _copy(source: int, target: str, facts: os.stat_result) -> bool:
    """False when the source has become shorter."""
    made = os.open(target, _NEW, 0o755 if facts.st_mode & 0o111 else 0o644)
    try:
        left = facts.st_size
        while left > 0:
            if (done := _copied(source, made, left)) == 0:
                return False
            left -= done
        os.utime(made, ns=(facts.st_mtime_ns, facts.st_mtime_ns))
        return True
    finally:
        os.close(made)


def _copied(source: int, target: int, most: int) -> int:
    """How many bytes were copied; 0 at the source's end."""
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(source, target, most)
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
    content = os.read(source, min(most, _PIECE))
    if content:
        write_all(target, content)
    return len(content)


def _is_same(released: Path, made: Path, entry: Entry) -> bool:
    """Whether a file of a release, untouched there since it was brought, has the bytes of the one that was
    made."""
    try:
        facts = os.lstat(released)
        if not entry.describes(facts):
            return False
        if facts.st_size != os.lstat(made).st_size:
            return False
        with released.open("rb") as one, made.open("rb") as other:
            while content := one.read(_PIECE):
                if content != other.read(len(content)):
                    return False
    except OSError:
        return False
    return True


def _walk(root: Path, prefix: str, ignored: Callable[[str], bool]) -> Iterator[tuple[str, os.stat_result]]:
    """Folders before what is in them."""
    with os.scandir(root / prefix) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        info = entry.stat(follow_symlinks=False)
        if ignored(path) or not _is_copied(root, path, info):
            continue
        yield path, info
        if stat.S_ISDIR(info.st_mode):
            yield from _walk(root, f"{path}/", ignored)


def _is_copied(root: Path, path: str, info: os.stat_result) -> bool:
    if stat.S_ISLNK(info.st_mode):
        text = os.readlink(root / path)
        leads = os.path.normpath(os.path.join(os.path.dirname(path), text))
        return not os.path.isabs(text) and leads.split("/")[0] != ".."
    return stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode)
