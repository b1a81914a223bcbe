"""SQLite databases that an app has put into its release, moved while the app writes to them.

A database is a file with companions that are found by its name: `-wal` and `-shm` in WAL mode, `-journal`
else. Two processes that reach one database by two names must find the same companions, or rows are lost and
the file is damaged. So a database is moved thus:

1. Open it and begin a write (`BEGIN IMMEDIATE`): from now on no other connection writes, a journal that a
   crash left has been played back, and as ours is open nobody's is the last, which would remove `-wal`.
2. Give `-wal` and `-shm` a second name in site/kept; remove companions there that belong to another file.
3. Give the database itself a second name there, and let the link take its old place.
4. End the transaction.

SQLite follows a link to a database before it names the companions, so whoever opens it from 3 on finds those
in site/kept, which are the same files as those that connections opened before go on with; the locks, which
are kept by file and not by name, hold between both. The old names of the companions stay until the old
instances have ended. (SQLite: "Write-Ahead Logging"; "How To Corrupt An SQLite Database File", 2.4 and 2.5.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from webstead.effects.plain_files import read_up_to
from webstead.errors import WebsteadError

__all__ = ["COMPANIONS", "is_database", "main_name", "written_by_nobody"]

MAGIC = b"SQLite format 3\0"
COMPANIONS = ("-wal", "-shm", "-journal")
WAIT_SECONDS = 30.0
"""How long another transaction is waited for."""


def is_database(path: Path) -> bool:
    """By its first bytes; links are not followed."""
    try:
        return read_up_to(path, len(MAGIC)) == MAGIC
    except OSError:
        return False


def main_name(name: str) -> str | None:
    """The database that a companion would belong to, by its name."""
    return next(
        (name.removesuffix(end) for end in COMPANIONS if name.endswith(end) and len(name) > len(end)), None
    )


@contextmanager
def written_by_nobody(database: Path) -> Iterator[None]:
    """While this lasts, no other connection writes to the database. A file that is damaged, or no database
    after all, is let alone. Raises WebsteadError when a transaction of somebody does not end in time."""
    uri = f"file:{quote(str(database))}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
        held = _begun(connection, database)
        try:
            yield
        finally:
            if held:
                connection.execute("ROLLBACK")


def _begun(connection: sqlite3.Connection, database: Path) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise WebsteadError(
                f"The database {database.name} cannot be moved to what is kept.",
                found=f"a transaction of the app on {database} did not end within {WAIT_SECONDS:.0f} seconds",
                fix="Deploy again when it has ended, or stop the site first.",
            ) from None
        return False
    except sqlite3.DatabaseError:
        return False
    return True
