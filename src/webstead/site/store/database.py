"""The database: opening, its version, and transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from webstead.errors import WebsteadError
from webstead.site.store.columns import plain
from webstead.site.store.failures import another_database, damaged, failure, newer, no_log, not_writable
from webstead.site.store.schema import MIGRATIONS

__all__ = ["Store", "open_store"]

Record = TypeVar("Record")

_BUSY_SECONDS = 20.0
"""How long a writer waits for its turn: a turn takes milliseconds, unless the disk stands still."""

_AGAIN_SECONDS = 0.02

_LOG_PAGES = 1000
"""The log is written back at 4 MB, when no reader needs it."""

LARGEST_LOG = 16 << 20
"""Bytes. Readers that overlap without end would let it grow: from here on a writer waits for them."""

_LOG_WAIT_MILLISECONDS = 1000
"""So long, at most; a reader needs a few."""

_MOST_IDLE = 8
"""Connections that are kept for the next who asks: as many as ask at once."""


class Store:
    """The records, for any number of threads. Raises HostError where the disk does not take or give what it
    should, and where what it gives is no record."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._here = threading.local()
        self._log = path.with_name(f"{path.name}-wal")
        self._log_bound = LARGEST_LOG
        weakref.finalize(self, _close_all, self._idle).atexit = False  # a fork must not close the parent's

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One view of the records, whatever is written meanwhile."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One change: all of it, or nothing when the block raises. Takes turns with other processes."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection
        if _size(self._log) > self._log_bound:
            self._write_log_back()

    def select(
        self, of: Callable[[sqlite3.Row], Record], query: str, *values: str | int
    ) -> tuple[Record, ...]:
        """The records that a query finds."""
        asked = [plain(value) if isinstance(value, str) else value for value in values]
        with self.read() as connection:
            return self.records(of, connection.execute(query, asked).fetchall())

    def first(self, of: Callable[[sqlite3.Row], Record], query: str, *values: str | int) -> Record | None:
        """The first of them."""
        found = self.select(of, query, *values)
        return found[0] if found else None

    def records(self, of: Callable[[sqlite3.Row], Record], rows: list[sqlite3.Row]) -> tuple[Record, ...]:
        """Rows as values. Raises HostError for one that is none: the file was damaged, or edited."""
        try:
            return tuple(map(of, rows))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise damaged(error, self.path) from error

    def close(self) -> None:
        """What waits for the next who asks; it is opened again when somebody does."""
        _close_all(self._idle)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        if getattr(self._here, "inside", False):
            raise RuntimeError("a transaction within a transaction would wait for itself")
        self._here.inside = True
        try:
            with self._connection() as connection, _all_or_nothing(connection, begin):
                yield connection
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
            raise  # a mistake of ours
        except UnicodeDecodeError as error:  # what SQLite says of a damaged schema quotes it
            raise damaged(error, self.path) from error
        except sqlite3.Error as error:
            raise failure(error, self.path) from error
        finally:
            self._here.inside = False

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """An idle one, or a new one. It is not used again after a failure."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _connected(self.path)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _write_log_back(self) -> None:
        """Wait for the readers, so that the log begins anew. Not after every change when one reads for long,
        or when the disk fails: the next change says so then."""
        self._log_bound = _size(self._log) + LARGEST_LOG
        with suppress(sqlite3.Error), self._connection() as connection:
            connection.execute(f"PRAGMA busy_timeout = {_LOG_WAIT_MILLISECONDS}")
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
            if not busy:
                self._log_bound = LARGEST_LOG


def open_store(path: Path) -> Store:
    """The store of this file, made when it is not there, and brought to the version of this Webstead. Raises
    ConfigError for a file that is none, that is another program's, or that a newer Webstead wrote;
    HostError."""
    _make_private(path)
    store = Store(path)
    try:
        with store.read() as connection:
            current = _version(connection, path) == len(MIGRATIONS)
        if not current:
            with store.write() as connection:
                _migrate(connection, path)
    except WebsteadError:
        store.close()
        raise
    return store


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connected(path: Path) -> sqlite3.Connection:
    """Of the file that is there: SQLite would make a new one for everybody to read."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # one after another uses it
    )
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    if _with_log(connection) != "wal":
        raise no_log(path)
    for pragma in (
        "synchronous = FULL",  # what was answered as done is there after a power loss, too
        "foreign_keys = ON",
        f"wal_autocheckpoint = {_LOG_PAGES}",
        f"journal_size_limit = {LARGEST_LOG}",
        "trusted_schema = OFF",  # a file that somebody prepared runs nothing
        "cell_size_check = ON",  # damage is found where it is read
    ):
        connection.execute(f"PRAGMA {pragma}")


def _with_log(connection: sqlite3.Connection) -> str:
    """The journal that it has now. SQLite does not wait for others that make the log at the same moment: who
    comes second is refused, whatever the time-out is."""
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError:
            if time.monotonic() >= end:
                raise
            time.sleep(_AGAIN_SECONDS)


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _make_private(path: Path) -> None:
    """Before anything is written: SQLite gives its log files the mode of the database. A file that is there
    is not opened: closing it would end the locks that this process has on it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise not_writable(error, path) from None


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """How many of the migrations are done. Raises ConfigError where it is not for this Webstead to say."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = {
        row["name"] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    }
    if ("sites" in tables) != (version > 0) or (tables and version == 0):
        raise another_database(tables, path)
    if version > len(MIGRATIONS):
        raise newer(version, len(MIGRATIONS), path)
    return version


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """What is missing; another process may have done it since."""
    for migration in MIGRATIONS[_version(connection, path) :]:
        for statement in migration:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
