"""Push events that wait for their turn: nobody sends them again."""

from __future__ import annotations

import sqlite3

from webstead.settings import Secret
from webstead.site.store.columns import plain
from webstead.site.store.database import Store
from webstead.site.store.model import PushEvent

__all__ = ["save_push_event", "waiting_push_events"]


def save_push_event(store: Store, event: PushEvent) -> None:
    """It waits until its temporary deployment, which is recorded already, has begun, ended or gone."""
    row = (event.site, event.deployment, event.id, event.branch, event.url.reveal(), event.revision)
    with store.write() as connection:
        connection.execute("INSERT INTO push_events VALUES (?, ?, ?, ?, ?, ?)", [plain(each) for each in row])


def waiting_push_events(store: Store) -> tuple[PushEvent, ...]:
    """Of all sites, the oldest first."""
    return store.select(
        _event,
        """
        SELECT push_events.* FROM push_events
        JOIN deployments ON deployments.site = push_events.site AND deployments.id = deployment
        WHERE status < 3 ORDER BY received, deployments.rowid
        """,
    )


def _event(row: sqlite3.Row) -> PushEvent:
    return PushEvent(
        site=row["site"],
        deployment=row["deployment"],
        id=row["id"],
        branch=row["branch"],
        url=Secret(row["url"]),
        revision=row["revision"],
    )
