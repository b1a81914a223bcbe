"""Items into a folder: what is new or changed is written, what an earlier run placed and is not wanted any
more is removed, and what nobody here placed is left alone.

The folder's own note says what was placed. It is written before the first file, as names that are ours from
then on, and after the last, with what each holds: an interrupted run is taken up where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from webstead.build.output.digest import Entry
from webstead.build.output.items import Item, chunks
from webstead.effects.files import write_atomically
from webstead.errors import BuildError

__all__ = ["NOTE", "Placed", "claim", "place", "read_note", "refuse_strange"]

NOTE = ".webstead/placed.json"
NOTE_VERSION = 1
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Held:
    """A file that was placed, as it was then. mtime_ns and size tell whether somebody changed it since."""

    sha256: str
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Placed:
    """What a folder holds now. written, kept, removed: how many files; kept is as it was."""

    entries: tuple[Entry, ...]
    written: int
    kept: int
    removed: int


def read_note(folder: Path) -> dict[str, object] | None:
    """The folder's note, or None when Webstead placed nothing here. Raises BuildError for one that cannot be
    understood."""
    try:
        data = json.loads((folder / NOTE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _bad_note(folder, str(error)) from None
    if not isinstance(data, dict) or data.get("version") != NOTE_VERSION:
        raise _bad_note(folder, "it is of another version of Webstead")
    return data


def _bad_note(folder: Path, found: str) -> BuildError:
    return BuildError(
        f"What was placed in {folder} cannot be read",
        found=f"{NOTE}: {found}",
        fix=f"Remove {folder}, or name another folder.",
    )


def place(
    items: Sequence[Item],
    folder: Path,
    exact: Sequence[str] = (),
    advance: Callable[[int], None] = lambda size: None,
    made: Sequence[str] = (),
) -> Placed:
    """Make the folder hold exactly these items, besides what is not Webstead's. exact: folders, such as
    `antenv/`, in which a file that somebody changed is put right. made: files that whoever calls has written
    there by itself. Raises BuildError when a file is in the way
    that nobody here placed, and OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    return _Placing(folder, _held(read_note(folder)), tuple(exact), advance, tuple(made)).place(items)


def refuse_strange(folder: Path) -> None:
    """Raises BuildError for a folder that holds something, and nothing that was placed."""
    if folder.is_dir() and not (folder / NOTE).exists():
        own = NOTE.partition("/")[0]
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name != own)
        if names:
            raise _foreign(folder, names)


def claim(folder: Path, path: str) -> None:
    """Before a file is made there by other means: from now on it is ours. Raises BuildError when somebody
    else's is there."""
    held = _held(read_note(folder))
    if path not in held:
        if os.path.lexists(folder / path):
            raise _foreign(folder, [path])
        _write_note(folder, {**held, path: None})


def _foreign(folder: Path, paths: Sequence[str]) -> BuildError:
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return BuildError(
        f"{folder} holds files that no build of Webstead placed",
        found=", ".join(paths[:MOST_NAMED]) + more,
        fix="Name another folder, or remove them if nobody needs them.",
    )


def _held(note: Mapping[str, object] | None) -> dict[str, _Held | None]:
    """By path; None for what an interrupted run may have written, wholly or in part."""
    files = (note or {}).get("files")
    held: dict[str, _Held | None] = {}
    for path, values in files.items() if isinstance(files, dict) else ():
        match values:
            case [str(sha256), int(mtime), int(size)]:
                held[str(path)] = _Held(sha256, mtime, size)
            case _:
                held[str(path)] = None
    return held


@dataclass(slots=True)
class _Placing:
    folder: Path
    held: dict[str, _Held | None]
    exact: tuple[str, ...]
    advance: Callable[[int], None]
    made: tuple[str, ...]
    now: dict[str, _Held | None] = field(default_factory=dict)
    written: int = 0

    def place(self, items: Sequence[Item]) -> Placed:
        self._refuse_foreign(items)
        wanted = {*(item.path for item in items), *self.made}
        _write_note(self.folder, {**self.held, **dict.fromkeys(wanted - self.held.keys())})
        gone = self._remove(self.held.keys() - wanted)
        entries = tuple(self._put(item) for item in items)
        _write_note(self.folder, {**self.now, **dict.fromkeys(self.made, _Held("", 0, 0))})
        return Placed(entries, self.written, len(entries) - self.written, gone)

    def _refuse_foreign(self, items: Sequence[Item]) -> None:
        """What is there already with the same bytes is ours: a note may be lost."""
        foreign = [
            item.path
            for item in items
            if item.path not in self.held and os.path.lexists(self.folder / item.path) and not self._is(item)
        ]
        if foreign:
            raise _foreign(self.folder, foreign)

    def _is(self, item: Item) -> bool:
        path = self.folder / item.path
        if item.link is not None:
            return path.is_symlink() and os.readlink(path) == item.link
        return path.is_file() and not path.is_symlink() and _sha256(chunks(item)) == _sha256_of(path)

    def _put(self, item: Item) -> Entry:
        path = self.folder / item.path
        before = self.held.get(item.path)
        if item.link is not None:
            self._link(path, item.link)
            self.now[item.path] = _Held("", 0, 0)
            return Entry(item.path, link=item.link)
        if before is None or not self._stands(path, item, before):
            before = self._write(path, item)
        elif bool(path.stat().st_mode & stat.S_IXUSR) != item.executable:
            path.chmod(_mode(item))
        self.now[item.path] = before
        self.advance(item.size)
        return Entry(item.path, item.size, item.executable, before.sha256)

    def _stands(self, path: Path, item: Item, before: _Held) -> bool:
        """What the app has changed itself, such as a database that came with it, stays until its source
        changes; what is Webstead's is as it was placed."""
        if path.is_symlink() or not path.is_file() or before.sha256 != _sha256(chunks(item)):
            return False
        info = path.stat()
        same = (info.st_mtime_ns, info.st_size) == (before.mtime_ns, before.size)
        return same or not item.path.startswith(self.exact)

    def _link(self, path: Path, text: str) -> None:
        if path.is_symlink() and os.readlink(path) == text:
            return
        self._make_way(path)
        path.symlink_to(text)
        self.written += 1

    def _write(self, path: Path, item: Item) -> _Held:
        """Beside it and by rename: a program that has the old file open keeps it."""
        self._make_way(path, keep_file=True)
        digest = hashlib.sha256()
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".webstead-", suffix=".part")
        try:
            with open(descriptor, "wb") as file:
                for data in chunks(item):
                    digest.update(data)
                    file.write(data)
            os.chmod(name, _mode(item))
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise
        self.written += 1
        info = path.stat()
        return _Held(digest.hexdigest(), info.st_mtime_ns, info.st_size)

    def _make_way(self, path: Path, *, keep_file: bool = False) -> None:
        """The folders down to it; never through a link, which could lead out."""
        at = self.folder
        for part in path.relative_to(self.folder).parts[:-1]:
            at = at / part
            if at.is_symlink() or at.is_file():
                at.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or (path.is_file() and not keep_file):
            path.unlink()

    def _remove(self, paths: Iterable[str]) -> int:
        """Files, then the folders that are empty now."""
        folders = set()
        count = 0
        for path in paths:
            if self._is_below(path):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    (self.folder / path).unlink()
                    count += 1
                folders |= {str(parent) for parent in Path(path).parents if str(parent) != "."}
        for folder in sorted(folders, key=len, reverse=True):
            with contextlib.suppress(OSError):
                (self.folder / folder).rmdir()
        return count

    def _is_below(self, path: str) -> bool:
        """A note may be forged, and a folder on the way may be a link by now."""
        real = os.path.realpath(self.folder / os.path.dirname(path))
        return os.path.basename(path) not in ("", "..") and Path(real).is_relative_to(self.folder.resolve())


def _write_note(folder: Path, files: Mapping[str, _Held | None]) -> None:
    rows = {
        path: None if held is None else [held.sha256, held.mtime_ns, held.size]
        for path, held in sorted(files.items())
    }
    data = {"version": NOTE_VERSION, "files": rows}
    (folder / NOTE).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / NOTE, json.dumps(data, separators=(",", ":")).encode())


def _mode(item: Item) -> int:
    return 0o755 if item.executable else 0o644


def _sha256(data: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in data:
        digest.update(piece)
    return digest.hexdigest()


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
