"""What the failures of the database are for people."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from webstead.errors import ConfigError, HostError, UsageError, WebsteadError

__all__ = ["another_database", "damaged", "failure", "newer", "no_log", "not_writable"]

_MEGABYTE = 1 << 20
_WRITABLE = "Make the home writable for who runs the server."
_DAMAGED = "Put a copy of the file in its place, or move it away: sites and releases stay in the home."

_MEANINGS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: (
        "The disk is full: a record could not be written.",
        "Free some space there: remove older releases of its sites, logs, or `webstead env prune`.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk failed: a record could not be read or written.",
        "See what the system says of the disk, and whether a quota or `ulimit -f` bounds the file.",
    ),
    sqlite3.SQLITE_BUSY: (
        "The records are held by somebody else.",
        "End the program that has the file open: `fuser` names it.",
    ),
    sqlite3.SQLITE_READONLY: ("The records cannot be written.", _WRITABLE),
    sqlite3.SQLITE_PERM: ("The records cannot be written.", _WRITABLE),
    sqlite3.SQLITE_CANTOPEN: ("The records cannot be opened.", f"See whether the file is there. {_WRITABLE}"),
    sqlite3.SQLITE_CORRUPT: ("The records are damaged.", _DAMAGED),
    sqlite3.SQLITE_NOTADB: ("The file of the records is none.", "Name another home, or move the file away."),
}
"""By the result code of SQLite, without its extension: what happened, and what to do."""


def failure(error: sqlite3.Error, path: Path) -> WebsteadError:
    """Of a statement. What SQLite has no code for, and what it has another one for, is a file whose content
    is not what it should be."""
    code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_CONSTRAINT:
        return UsageError(
            "It is not there any more: its site or deployment was deleted meanwhile, or its name taken.",
            found=f"{path}: {error}",
            fix="webstead site list",
        )
    what, fix = _MEANINGS.get(code, _MEANINGS[sqlite3.SQLITE_CORRUPT])
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigError(what, path=str(path), found=str(error), fix=fix)
    room = _room(path) if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) else ""
    return HostError(what, found=f"{path}: {error}{room}", fix=fix)


def damaged(error: Exception, path: Path) -> HostError:
    """Of a row that is no record: SQLite has found nothing wrong, but its words cannot be read."""
    return HostError("The records are damaged.", found=f"{path}: {error}", fix=_DAMAGED)


def not_writable(error: OSError, path: Path) -> HostError:
    found = f"{path}: {error.strerror or error}"
    return HostError("The records cannot be written.", found=found, fix=_WRITABLE)


def newer(version: int, known: int, path: Path) -> ConfigError:
    return ConfigError(
        "The records were written by a newer Webstead.",
        path=str(path),
        found=f"version {version}; this one knows {known}",
        fix="Use the newer one: pip install --upgrade webstead",
    )


def another_database(tables: set[str], path: Path) -> ConfigError:
    return ConfigError(
        "The file of the records is the database of something else.",
        path=str(path),
        found=f"tables {', '.join(sorted(tables)[:5])}",
        fix="Name another home, or move the file away.",
    )


def no_log(path: Path) -> HostError:
    return HostError(
        "The disk of the home cannot hold the records.",
        found=f"{path}: no shared memory on its file system, which a write-ahead log needs",
        fix="Put the home on a disk of this machine, not on one of a network.",
    )


def _room(path: Path) -> str:
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return ""
    return f"; {free // _MEGABYTE:,} MB are free on the disk of {path.parent}"
