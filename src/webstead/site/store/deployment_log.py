"""The logs of deployments: entries, and entries below them."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable
from datetime import datetime

from webstead.site.store.columns import plain, time_text
from webstead.site.store.database import Store
from webstead.site.store.model import EntryType, LogEntry

__all__ = ["add_entries", "add_entry", "entries"]


def add_entry(
    store: Store,
    site: str,
    deployment: str,
    message: str,
    *,
    now: datetime,
    type: EntryType = EntryType.MESSAGE,  # noqa: A002 - Kudu's word
    parent: str = "",
) -> str:
    """Its id, under which others may be added. parent: "" for the log itself."""
    return add_entries(store, site, deployment, [(now, type, message)], parent=parent)[0]


def add_entries(
    store: Store,
    site: str,
    deployment: str,
    added: Iterable[tuple[datetime, EntryType, str]],
    *,
    parent: str = "",
) -> list[str]:
    """Several at once, in order; their ids."""
    rows = [(str(uuid.uuid4()), time_text(time), int(kind), plain(message)) for time, kind, message in added]
    with store.write() as connection:
        connection.executemany(
            "INSERT INTO entries (site, deployment, parent, id, time, type, message)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(site, deployment, parent, *row) for row in rows],
        )
    return [row[0] for row in rows]


def entries(store: Store, site: str, deployment: str, parent: str = "") -> list[LogEntry]:
    """Those of the log, or below an entry of it, in the order in which they were added."""
    return list(store.select(_entry, _QUERY, site, deployment, parent))


_QUERY = """
    SELECT e.id, e.parent, e.time, e.message, COUNT(c.id) AS children,
           MAX(e.type, COALESCE(MAX(c.type), 0)) AS type
    FROM entries e LEFT JOIN entries c ON c.site = e.site AND c.deployment = e.deployment AND c.parent = e.id
    WHERE e.site = ? AND e.deployment = ? AND e.parent = ?
    GROUP BY e.number ORDER BY e.number
"""


def _entry(row: sqlite3.Row) -> LogEntry:
    return LogEntry(
        id=row["id"],
        parent=row["parent"],
        time=datetime.fromisoformat(row["time"]),
        type=EntryType(row["type"]),
        message=row["message"],
        has_children=row["children"] > 0,
    )
