"""Single files of the site's repository, read and committed without a working copy, by git's plumbing.

The branch moves from where it was looked at, or not at all: of two writers none loses what the other wrote.
No hook and no filter of the repository runs.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from webstead.errors import UsageError
from webstead.host.confinement import acting_as
from webstead.site.deploy.repository import Repository, git_environment

__all__ = [
    "LARGEST_FILE",
    "Change",
    "Head",
    "Merged",
    "Node",
    "commit_change",
    "content_of",
    "head_of",
    "is_part_of",
    "is_text",
    "merged",
    "node_at",
    "nodes_in",
]

NONE = "0" * 40
"""git's name for no commit."""

LARGEST_FILE = 32 << 20
"""Bytes of a file that is read or written here: larger ones are for git itself."""

_LONGEST_TEXT = 4 << 20

_SECONDS = 60.0
_AT_ONCE = 500
"""Paths in one command: what every system takes as its arguments."""


@dataclass(frozen=True, slots=True)
class Head:
    """Of a branch. commit: NONE for a branch that is not there yet."""

    ref: str
    commit: str
    time: datetime

    @property
    def etag(self) -> str:
        return f'"{self.commit}"'


@dataclass(frozen=True, slots=True)
class Node:
    """What a commit has at a path. name: its last part. kind: other for a link or a submodule. blob: of a
    file, git's name for its content."""

    name: str
    kind: Literal["missing", "file", "folder", "other"]
    size: int = 0
    blob: str = ""
    mode: str = "100644"


@dataclass(frozen=True, slots=True)
class Change:
    """content: None to remove the file, or all that is in the folder."""

    path: str
    content: bytes | None
    message: str
    author: str


@dataclass(frozen=True, slots=True)
class Merged:
    """clean: False for a conflict; content then has both sides, between marks."""

    content: bytes
    clean: bool


def head_of(repository: Repository, branch: str) -> Head:
    """branch: "" for main, or master where there is no main. Raises UsageError, RuntimeMissing."""
    names = [branch] if branch else ["main", "master"]
    for name in names:
        words = ("log", "-1", "--format=%H %ct", f"refs/heads/{name}", "--")
        done = repository.asked(*words)
        if done.returncode == 0 and done.stdout.strip():
            commit, _, time = done.stdout.strip().partition(" ")
            return Head(f"refs/heads/{name}", commit, datetime.fromtimestamp(int(time), UTC))
    return Head(f"refs/heads/{names[-1]}", NONE, datetime.fromtimestamp(0, UTC))


def node_at(repository: Repository, commit: str, path: str) -> Node:
    """path: relative, "" for the root. Raises UsageError."""
    name = path.rpartition("/")[2]
    if commit == NONE:
        return Node(name, "missing" if path else "folder")
    if not path:
        return Node(name, "folder")
    return next(_listed(repository, commit, path), Node(name, "missing"))


def nodes_in(repository: Repository, commit: str, path: str) -> list[Node]:
    """What lies in a folder. Submodules and links are left out. Raises UsageError."""
    if commit == NONE:
        return []
    found = _listed(repository, commit, f"{path}/" if path else "")
    return [node for node in found if node.kind != "other"]


def content_of(repository: Repository, node: Node) -> bytes:
    """Raises UsageError for a file that is too large."""
    if node.size > LARGEST_FILE:
        raise UsageError(
            "The file is too large to be read here.",
            found=f"{node.size:,} bytes of {LARGEST_FILE:,}",
            fix="Clone the repository, or read the deployed file: /api/vfs/site/wwwroot/…",
        )
    return repository.content(node.blob)


def is_part_of(repository: Repository, commit: str, head: Head) -> bool:
    """Whether the branch has come by this commit."""
    return repository.asked("merge-base", "--is-ancestor", commit, head.commit).returncode == 0


def is_text(content: bytes) -> bool:
    """Whether it can be merged, line by line: as git tells, and not so long that it takes minutes."""
    return len(content) <= _LONGEST_TEXT and b"\0" not in content[:8000]


def merged(base: bytes, ours: bytes, theirs: bytes) -> Merged:
    """Three versions of a text, ours being the branch's. Raises UsageError for what is no text."""
    with tempfile.TemporaryDirectory(prefix="webstead-merge-") as folder:
        for name, content in (("base", base), ("branch", ours), ("yours", theirs)):
            Path(folder, name).write_bytes(content)
        done = subprocess.run(
            ["git", "merge-file", "-p", "branch", "base", "yours"],
            cwd=folder,
            env={**git_environment(), "GIT_CEILING_DIRECTORIES": str(Path(folder).parent)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    if done.returncode > 127:  # up to that it is the number of conflicts
        raise _refused(done.stderr.decode(errors="replace"))
    return Merged(done.stdout, done.returncode == 0)


def commit_change(repository: Repository, head: Head, change: Change) -> str:
    """The new commit; the branch stands where it stood. Raises UsageError."""
    with repository.scratch() as own:
        index = {"GIT_INDEX_FILE": f"{own}/index"}
        if head.commit != NONE:
            _ask(repository, "read-tree", head.commit, variables=index)
        if change.content is None:
            _take_away(repository, head, change.path, own, index)
        else:
            content = own / "content"
            with acting_as(repository.confinement):
                content.write_bytes(change.content)
            blob = _ask(repository, "hash-object", "-w", "--no-filters", str(content))
            mode = node_at(repository, head.commit, change.path).mode
            entry = f"{mode},{blob},{change.path}"
            _ask(repository, "update-index", "--add", "--cacheinfo", entry, variables=index)
        tree = _ask(repository, "write-tree", variables=index)
    parent = () if head.commit == NONE else ("-p", head.commit)
    message = ("-m", change.message.replace("\0", ""))
    return _ask(repository, "commit-tree", *parent, *message, tree, variables=_by(change.author))


def _take_away(repository: Repository, head: Head, path: str, own: Path, index: Mapping[str, str]) -> None:
    """git removes nothing from an index without a working copy: an empty folder is one."""
    found = _ask(
        repository, "--literal-pathspecs", "ls-tree", "-r", "-z", "--name-only", "--", head.commit, path
    ).split("\0")
    paths = [each for each in found if each]
    for at in range(0, len(paths), _AT_ONCE):
        some = paths[at : at + _AT_ONCE]
        words = (f"--work-tree={own}", "update-index", "--force-remove", "--", *some)
        _ask(repository, *words, variables=index)


def _by(author: str) -> dict[str, str]:
    name = author.strip("<>\n ") or "somebody"
    email = f"{''.join(sign for sign in name if sign.isalnum()) or 'somebody'}@localhost"
    return {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", email))
    }


def _listed(repository: Repository, commit: str, path: str) -> Iterator[Node]:
    words = ("--literal-pathspecs", "ls-tree", "-z", "--long", "--", commit, *([path] if path else []))
    for line in filter(None, _ask(repository, *words).split("\0")):
        facts, _, full = line.partition("\t")
        mode, kind, blob, size = facts.split()
        name = full.rpartition("/")[2]
        if kind == "tree":
            yield Node(name, "folder")
        elif kind == "blob" and mode != "120000":
            yield Node(name, "file", int(size), blob, mode)
        else:
            yield Node(name, "other")


def _ask(repository: Repository, *words: str, variables: Mapping[str, str] | None = None) -> str:
    try:
        return repository.ask(*words, variables=variables).strip("\n")
    except UsageError as error:
        raise _refused(error.found) from None


def _refused(said: str) -> UsageError:
    return UsageError(
        "git cannot do that in the site's repository.",
        found=said.strip()[:2000],
        fix="Name another path, or clone the repository and push.",
    )
