"""SQLite databases among kept files: the files of one move together, while nobody writes.

SQLite finds a database's log by the path of the database, links followed. So the log's names change first:
who opens the database by its old place finds the same log there, by its link; who opens it when its own
name has changed finds the log beside it. Our own connection holds the write lock meanwhile, and by being
open keeps others from removing the log as the last to close it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Group", "held", "in_groups"]

_MAGIC = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal")
_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Group:
    """paths: in the order in which they move. database: the last of them, when they are one; else ""."""

    paths: tuple[str, ...]
    database: str = ""


def in_groups(folder: Path, paths: Sequence[str]) -> list[Group]:
    """Every path once: a database with its logs, all else alone."""
    known = set(paths)
    databases = {path for path in paths if _is_database(folder / path)}
    beside = {path + ending for path in databases for ending in _BESIDE} & known
    return [
        Group((*(path + e for e in _BESIDE if path + e in known), path), path)
        if path in databases
        else Group((path,))
        for path in paths
        if path not in beside
    ]


@contextlib.contextmanager
def held(folder: Path, group: Group) -> Iterator[None]:
    """Keep others from writing the database meanwhile, if the group is one. Who writes for longer than five
    seconds is not waited for: its own lock is of the file, which the new name has, too."""
    if not group.database:
        yield
        return
    connection = sqlite3.connect(folder / group.database, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
        connection.close()


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False
