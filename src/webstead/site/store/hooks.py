"""The web hooks of sites."""

from __future__ import annotations

import sqlite3

from webstead.settings import Secret
from webstead.site.store.columns import plain, read_time, time_text
from webstead.site.store.database import Store
from webstead.site.store.model import Hook

__all__ = ["delete_hook", "find_hook", "list_hooks", "save_hook"]


def save_hook(store: Store, hook: Hook) -> None:
    """Record it as it is now; the one with its id, if there is one, is replaced."""
    row = (
        hook.id,
        hook.site,
        plain(hook.event),
        plain(hook.url.reveal()),
        int(hook.insecure_ssl),
        hook.last_status,
        plain(hook.last_reason),
        time_text(hook.last_time),
        plain(hook.last_context),
    )
    with store.write() as connection:
        connection.execute(
            """
            INSERT INTO hooks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
            event = excluded.event, url = excluded.url, insecure_ssl = excluded.insecure_ssl,
            last_status = excluded.last_status, last_reason = excluded.last_reason,
            last_time = excluded.last_time, last_context = excluded.last_context
            WHERE site = excluded.site
            """,
            row,
        )


def list_hooks(store: Store, site: str) -> tuple[Hook, ...]:
    """In the order in which they were added, however often each was delivered since."""
    return store.select(_hook, "SELECT * FROM hooks WHERE site = ? ORDER BY rowid", site)


def find_hook(store: Store, site: str, hook: str) -> Hook | None:
    return store.first(_hook, "SELECT * FROM hooks WHERE site = ? AND id = ?", site, hook)


def delete_hook(store: Store, site: str, hook: str) -> bool:
    """Whether there was one."""
    with store.write() as connection:
        return connection.execute("DELETE FROM hooks WHERE site = ? AND id = ?", (site, hook)).rowcount > 0


def _hook(row: sqlite3.Row) -> Hook:
    return Hook(
        id=row["id"],
        site=row["site"],
        event=row["event"],
        url=Secret(row["url"]),
        insecure_ssl=bool(row["insecure_ssl"]),
        last_status=row["last_status"],
        last_reason=row["last_reason"],
        last_time=read_time(row["last_time"]),
        last_context=row["last_context"],
    )
