"""A commit as a project's folder, read from a repository: nothing is checked out, and nothing of what the
repository is set up to run (hooks, filters, text conversion, a monitor, a fetch of what is missing) runs.

git itself answers, over one `git cat-file --batch`. Its trees are gone through here, level by level and
without the ignored folders, so that a repository whose few objects make billions of paths costs no more than
the limit.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import threading
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from webstead.effects.files import MAX_FILES
from webstead.effects.git import NOTHING_RUNS, ask_git
from webstead.effects.listing import followed, is_entered, listed
from webstead.errors import UsageError

__all__ = ["GitTree"]

SECONDS = 60.0  # for a whole reading; one of 10,000 files takes 2
MAX_FOLDERS = 50_000
MAX_FILE = 64 << 20
_MAX_TREE = 64 << 20
_NOTHING_RUNS = (
    *("--no-pager", "--no-replace-objects", "--literal-pathspecs"),
    *(*NOTHING_RUNS, "-c", "protocol.allow=never"),
)
_OF_ANOTHER_REPOSITORY = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
"""What git sets for its hooks, and what would lead away from the folder that was named."""


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: int
    name: str


class GitTree:
    """The files of a commit, branch or tag below a folder of its repository, as `project.Tree` wants them.

    folder: the repository, bare or not, or a folder in it, whose part of the commit is the project. ignored:
    as DiskTree's. Submodules hold no files here. Used with `with`, since git runs meanwhile. Raises
    UsageError when it is no repository or has no such revision, RuntimeMissing without git.
    """

    def __init__(self, folder: Path, revision: str, ignored: Collection[str] = ()) -> None:
        self._ignored = frozenset(ignored)
        self._root = _resolve(folder, revision)
        self._folders: dict[str, dict[str, _Entry]] = {}
        self._objects = _Objects(folder)

    def __enter__(self) -> GitTree:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._objects.close()

    @cached_property
    def _found(self) -> tuple[list[str], dict[str, str]]:
        files: list[str] = []
        links: dict[str, str] = {}
        for path, entry in self._walk():
            if len(files) > MAX_FILES:
                break
            files.append(path)
            if stat.S_ISLNK(entry.mode):
                links[path] = os.fsdecode(self._objects.read("blob", entry.name, MAX_FILE))
        return files, links

    @cached_property
    def _listed(self) -> Sequence[str]:
        files, links = self._found
        return listed(files, links, self._ignored)

    def files(self) -> Sequence[str]:
        return self._listed

    def read(self, path: str) -> bytes:
        """The file's bytes, as they were committed. Raises FileNotFoundError when it is not there, OSError
        when it is too large to be code, or the repository lacks it."""
        real = followed(path, self._found[1])
        entry = None if real is None else self._entry(real)
        if entry is None or not stat.S_ISREG(entry.mode):
            raise FileNotFoundError(errno.ENOENT, "there is no such file in the commit", path)
        return self._objects.read("blob", entry.name, MAX_FILE)

    def _walk(self) -> Iterator[tuple[str, _Entry]]:
        """Level by level, as DiskTree goes, so that the limit cuts the deepest."""
        waiting, folders = deque([("", self._root)]), 0
        while waiting and folders < MAX_FOLDERS:
            prefix, tree = waiting.popleft()
            folders += 1
            for name, entry in self._folder(tree).items():
                if stat.S_ISDIR(entry.mode):
                    if is_entered((prefix + name).split("/"), self._ignored):
                        waiting.append((f"{prefix}{name}/", entry.name))
                elif stat.S_ISREG(entry.mode) or stat.S_ISLNK(entry.mode):
                    yield prefix + name, entry

    def _entry(self, path: str) -> _Entry | None:
        entry: _Entry | None = _Entry(stat.S_IFDIR, self._root)
        for part in path.split("/"):
            if entry is None or not stat.S_ISDIR(entry.mode):
                return None
            entry = self._folder(entry.name).get(part)
        return entry

    def _folder(self, tree: str) -> dict[str, _Entry]:
        if tree not in self._folders:
            self._folders[tree] = dict(_entries(self._objects.read("tree", tree, _MAX_TREE), len(tree) // 2))
        return self._folders[tree]


def _entries(data: bytes, width: int) -> Iterator[tuple[str, _Entry]]:
    """The entries of a tree object: mode, space, name, NUL, and the object's name in width bytes."""
    at = 0
    while at < len(data):
        space = data.index(b" ", at)
        end = data.index(b"\0", space)
        mode, name = int(data[at:space], 8), os.fsdecode(data[space + 1 : end])
        at = end + 1 + width
        if name not in ("", ".", "..", ".git") and "/" not in name:
            yield name, _Entry(mode, data[end + 1 : at].hex())


class _Objects:
    """A `git cat-file --batch`, asked for one object after the other."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            _words(folder, "cat-file", "--batch"),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._questions = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._late = False
        self._timer = threading.Timer(SECONDS, self._give_up)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        self._timer.cancel()
        self._process.kill()
        self._process.communicate()

    def _give_up(self) -> None:
        self._late = True
        self._process.kill()

    def read(self, kind: str, name: str, most: int) -> bytes:
        """Raises OSError for an object that is not there, is of another kind or too large; UsageError when
        git ended."""
        try:
            self._questions.write(f"{name}\n".encode())
            self._questions.flush()
        except OSError:
            raise self._ended() from None
        header = self._answers.readline().split()
        if not header:
            raise self._ended()
        if len(header) != 3:
            raise OSError(errno.ENOENT, "the repository lacks it", name)
        size = int(header[2])
        data = self._take(size, most)
        if header[1] != kind.encode():
            raise OSError(errno.EIO, f"it is a {header[1].decode()}, not a {kind}", name)
        if data is None:
            raise OSError(errno.EFBIG, f"it has {size:,} bytes", name)
        return data

    def _take(self, size: int, most: int) -> bytes | None:
        """The object's bytes, and the line end after them; None, and nothing held, when they are too many."""
        stream, left = self._answers, size + 1
        if size <= most:
            data = stream.read(left)
            if len(data) < left:
                raise self._ended()
            return data[:-1]
        while left:
            left -= len(gone := stream.read(min(left, 1 << 20)))
            if not gone:
                raise self._ended()
        return None

    def _ended(self) -> UsageError:
        found = f"it did not answer within {SECONDS:g} s" if self._late else "it ended by itself"
        return UsageError("git cannot read the repository.", found=found, fix="Look at it with: git fsck")


def _resolve(folder: Path, revision: str) -> str:
    """The name of the tree that the project is in. Raises UsageError, RuntimeMissing."""
    prefix = _asked(folder, "rev-parse", "--show-prefix")
    if prefix.returncode:
        raise _no_repository(folder, prefix.stderr)
    inside = prefix.stdout.rstrip("\n").rstrip("/")
    odd = revision.startswith("-") or not revision or "\n" in revision
    commit = None if odd else _asked(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
    if commit is None or commit.returncode:
        raise _no_revision(folder, revision)
    tree = commit.stdout.strip()
    if not inside:
        return tree
    below = _asked(folder, "rev-parse", "--verify", "--quiet", f"{tree}:{inside}")
    kind = _asked(folder, "cat-file", "-t", below.stdout.strip()) if below.returncode == 0 else below
    if kind.stdout.strip() != "tree":
        raise UsageError(
            f"{revision} has no folder {inside}.",
            found=f"it has these files and folders: {_names(folder, tree)}",
            fix="Name a folder that was there then.",
        )
    return below.stdout.strip()


def _names(folder: Path, tree: str) -> str:
    listed_names = _asked(folder, "ls-tree", "-z", "--name-only", tree).stdout.split("\0")
    return ", ".join(name for name in listed_names[:8] if name)


def _no_repository(folder: Path, said: str) -> UsageError:
    owner = "dubious ownership" in said
    fix = (
        f"If you trust it: git config --global --add safe.directory {folder}"
        if owner
        else "Name a folder of a git repository, or leave --ref out."
    )
    what = (
        "git does not read a repository of another user." if owner else f"{folder} is in no git repository."
    )
    return UsageError(what, found=said.strip().splitlines()[0] if said.strip() else "", fix=fix)


def _no_revision(folder: Path, revision: str) -> UsageError:
    names = _asked(folder, "for-each-ref", "--count=8", "--sort=-creatordate", "--format=%(refname:short)")
    there = ", ".join(names.stdout.split())
    return UsageError(
        f"The repository has no revision {revision}.",
        found=f"it has {there}" if there else "it has no branch and no tag: nothing was committed",
        fix="Name a branch, a tag or a commit; the list: git log --all --oneline",
    )


def _asked(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return ask_git(
        *(_words(folder, *words), _environment(), SECONDS),
        what="git cannot read the repository.",
        look="Look at it with: git fsck",
        install="A revision is read by it. Install it (apt-get install git), or leave --ref out.",
    )


def _words(folder: Path, *words: str) -> list[str]:
    return ["git", *_NOTHING_RUNS, "-C", str(folder), *words]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    return {
        **kept,
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
