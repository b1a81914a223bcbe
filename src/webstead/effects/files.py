"""The disk: a project's folder read as a tree, and files written so that a crash leaves the old or the new,
whole.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from webstead.effects.flushing import flush_folder

__all__ = [
    "ENVIRONMENT_MARK",
    "MAX_FILES",
    "DiskTree",
    "FileStamp",
    "remove_parts",
    "remove_tree",
    "write_atomically",
]

MAX_FILES = 50_000
"""How many files of a project are looked at: ten times those of Django itself. Uploads beyond it are no
code.
"""

ENVIRONMENT_MARK = "pyvenv.cfg"
"""A folder that holds it is a virtual environment."""

PACKAGE_FOLDERS = frozenset({".python_packages", "__oryx_packages__"})
LEADS_TO_PACKAGES = re.compile(r"lib|python3\.\d+|site-packages|.*\.dist-info")
DESCRIPTIONS = frozenset({"METADATA", "WHEEL", "entry_points.txt"})
DEEPEST_DESCRIPTION = 4


@dataclass(frozen=True, slots=True, order=True)
class FileStamp:
    """What changes when a file changes, without reading it. path: relative, with `/`."""

    path: str
    mtime_ns: int
    size: int


class DiskTree:
    """The files of a folder, as `project.Tree` wants them: relative paths with `/`, never leaving the root.

    ignored: names of folders that are skipped at any depth; so are folders that hold `pyvenv.cfg`, links that
    leave the root, links to folders (their files are listed where they are) and what is neither file nor
    folder. The folder is walked level by level and read once, so that the limit, if it is met, cuts the
    deepest files. kept: another folder that links may lead to, and whose files are then listed where the
    links are; None for none.
    """

    def __init__(
        self,
        root: Path,
        ignored: Collection[str] = (),
        max_files: int = MAX_FILES,
        kept: Path | None = None,
    ) -> None:
        self._root = Path(os.path.realpath(root))
        self._kept = None if kept is None else Path(os.path.realpath(kept))
        self._ignored = frozenset(ignored)
        self._max_files = max_files

    @cached_property
    def _stamps(self) -> tuple[FileStamp, ...]:
        found: list[FileStamp] = []
        for stamp in self._walk():
            if len(found) > self._max_files:
                break
            found.append(stamp)
        return tuple(found)

    @property
    def complete(self) -> bool:
        """False when the folder holds more files than the limit."""
        return len(self._stamps) <= self._max_files

    def stamps(self) -> Sequence[FileStamp]:
        """Path, time and size of all files, sorted by path."""
        return sorted(self._stamps[: self._max_files])

    def files(self) -> Sequence[str]:
        return [stamp.path for stamp in self.stamps()]

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises FileNotFoundError when it is not there, is no file, or lies outside the
        root.
        """
        real = Path(os.path.realpath(self._root / path))
        if not (real.is_relative_to(self._root) or self._is_kept(real)) or not real.is_file():
            raise FileNotFoundError(path)
        return real.read_bytes()

    def _walk(self) -> Iterator[FileStamp]:
        waiting = deque([(self._root, "")])
        while waiting:
            folder, prefix = waiting.popleft()
            for entry in _entries(folder):
                name = prefix + entry.name
                if entry.is_dir(follow_symlinks=False) or self._leads_to_kept_folder(folder, entry):
                    if entry.name not in self._ignored:
                        waiting.append((Path(entry.path), name + "/"))
                    elif entry.name in PACKAGE_FOLDERS:
                        yield from self._descriptions(Path(entry.path), name + "/", 0)
                elif (info := self._regular(entry)) is not None:
                    yield FileStamp(name, info.st_mtime_ns, info.st_size)

    def _is_kept(self, real: Path) -> bool:
        return self._kept is not None and real.is_relative_to(self._kept)

    def _leads_to_kept_folder(self, folder: Path, entry: os.DirEntry[str]) -> bool:
        """Links in the kept folder itself are not followed to folders: they could lead in a circle."""
        if self._kept is None or not entry.is_symlink() or not entry.is_dir():
            return False
        inside = Path(os.path.realpath(folder)).is_relative_to(self._root)
        return inside and self._is_kept(Path(os.path.realpath(entry.path)))

    def _descriptions(self, folder: Path, prefix: str, depth: int) -> Iterator[FileStamp]:
        """What describes the packages that are installed in an ignored folder."""
        for entry in _entries(folder):
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and depth < DEEPEST_DESCRIPTION and LEADS_TO_PACKAGES.fullmatch(entry.name):
                yield from self._descriptions(Path(entry.path), f"{prefix}{entry.name}/", depth + 1)
            elif not is_folder and entry.name in DESCRIPTIONS and prefix.endswith(".dist-info/"):
                info = self._regular(entry)
                if info is not None:
                    yield FileStamp(prefix + entry.name, info.st_mtime_ns, info.st_size)

    def _regular(self, entry: os.DirEntry[str]) -> os.stat_result | None:
        """The facts of a regular file, or of one that a link within the root, or to what is kept, names; None
        for all else."""
        if entry.is_symlink():
            real = Path(os.path.realpath(entry.path))
            if not real.is_relative_to(self._root) and not self._is_kept(real):
                return None
        try:
            info = entry.stat()
        except OSError:  # a dangling link, or a file deleted since
            return None
        return info if stat.S_ISREG(info.st_mode) else None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """The folder's entries, sorted; none when it cannot be read or is a virtual environment."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:  # deleted since, or not ours to read: it holds nothing that we could serve
        return []
    return [] if any(entry.name == ENVIRONMENT_MARK for entry in entries) else entries


_PART = ".part"


def remove_parts(folder: Path) -> None:
    """Remove what `write_atomically` was killed at in this folder; nobody may be writing in it. Raises
    OSError."""
    for path in folder.glob(f".*{_PART}"):
        path.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader, also after a crash, sees the old bytes or the new ones, never a part.

    mode: the permissions it gets, whatever the umask. Raises OSError, and then leaves nothing behind.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_PART)
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def remove_tree(folder: Path) -> None:
    """Remove a folder with all in it, read-only files too; a missing one is no error. Links are removed, not
    followed.
    """
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
        return
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder, onerror=_force)


def _force(remove: Callable[..., object], path: str, failure: object) -> None:
    """Try once more where permissions stood in the way: the folder's on POSIX, the file's on Windows."""
    if not os.path.lexists(path):
        return
    parent = Path(path).parent
    parent.chmod(parent.stat().st_mode | stat.S_IRWXU)
    if not Path(path).is_symlink():
        Path(path).chmod(stat.S_IRWXU)
    if remove in (os.open, os.scandir):  # a folder that could not be entered
        with os.scandir(path):  # or it is not for its permissions
            pass
        shutil.rmtree(path, onerror=_force)
    else:
        remove(path)
