"""The database: opening, its version, transactions, and what its failures mean."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from webstead.errors import ConfigError, HostError, WebsteadError
from webstead.site.store.schema import MIGRATIONS

__all__ = ["Store", "open_store", "read_time", "time_text"]

_BUSY_SECONDS = 20.0
"""How long a writer waits for its turn: a turn takes milliseconds, unless the disk stands still."""

_WAL_PAGES = 1000
"""The log is written back at 4 MB, so that it stays small under readers that come and go."""


class Store:
    """A connection for each thread that asks. Raises HostError where the disk does not take or give what it
    should."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One view of the records, whatever is written meanwhile."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One change: all of it, or nothing when the block raises."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """The connection of this thread; it is opened again when it is asked for."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()
            self._own.connection = None

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connection()
            connection.execute(begin)
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:  # a full disk has ended it already
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up()
            raise failure(error, self.path) from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = _connected(self.path)
        return connection

    def _give_up(self) -> None:
        """After a failure in the middle of a transaction: the next begins with a new connection."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        self._own.connection = None
        if connection is not None:
            connection.close()


def open_store(path: Path) -> Store:
    """The store of this file, made when it is not there, and brought to the version of this Webstead. Raises
    ConfigError for a file that is none, or that a newer one wrote; HostError."""
    _make_private(path)
    store = Store(path)
    try:
        with store.write() as connection:
            _migrate(connection, path)
    except HostError as error:
        if isinstance(error.__cause__, sqlite3.DatabaseError) and "not a database" in str(error.__cause__):
            raise _no_database(path) from None
        raise
    return store


def time_text(time: datetime | None) -> str | None:
    """As it is recorded: ISO 8601 in UTC, of one length, so that texts sort as times."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # what was answered as done is there after a power loss, too
        "foreign_keys = ON",
        f"wal_autocheckpoint = {_WAL_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _make_private(path: Path) -> None:
    """Before anything is written: SQLite gives its log files the mode of the database."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise HostError(
            f"The records cannot be written: {path}",
            found=error.strerror or str(error),
            fix="Make the home writable for who runs the server.",
        ) from None


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise ConfigError(
            "The records were written by a newer Webstead.",
            path=str(path),
            found=f"version {version}; this one knows {len(MIGRATIONS)}",
            fix="Use the newer one: pip install --upgrade webstead",
        )
    for migration in MIGRATIONS[version:]:
        for statement in migration:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def failure(error: sqlite3.Error, path: Path) -> WebsteadError:
    """What a failure of SQLite is for people."""
    text = str(error)
    if "full" in text:
        fix = f"Free some space on the disk of {path.parent}: older releases, and `webstead env prune`."
        return HostError("The disk is full: a record could not be written.", found=f"{path}: {text}", fix=fix)
    if "locked" in text or "busy" in text:
        fix = "See who holds it: another program may have opened the file."
        return HostError("The records are held by somebody else.", found=f"{path}: {text}", fix=fix)
    if "readonly" in text or "unable to open" in text:
        fix = "Make the home writable for who runs the server."
        return HostError("The records cannot be written.", found=f"{path}: {text}", fix=fix)
    fix = "If the file is damaged, put a copy of it in its place; sites and releases are found in the home."
    return HostError("The records cannot be read or written.", found=f"{path}: {text}", fix=fix)


def _no_database(path: Path) -> ConfigError:
    return ConfigError(
        "The file of the records is none.",
        path=str(path),
        found="not an SQLite database",
        fix="Name another home, or move the file away.",
    )
