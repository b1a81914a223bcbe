"""The web hooks of sites."""

from __future__ import annotations

import sqlite3

from webstead.settings import Secret
from webstead.site.store.database import Store, read_time, time_text
from webstead.site.store.model import Hook

__all__ = ["delete_hook", "find_hook", "list_hooks", "save_hook"]


def save_hook(store: Store, hook: Hook) -> None:
    """Record it as it is now; the one with its id, if there is one, is replaced."""
    row = (hook.id, hook.site, hook.event, hook.url.reveal(), int(hook.insecure_ssl), hook.last_status)
    with store.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO hooks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, hook.last_reason, time_text(hook.last_time), hook.last_context),
        )


def list_hooks(store: Store, site: str) -> tuple[Hook, ...]:
    """In the order in which they were added."""
    with store.read() as connection:
        rows = connection.execute("SELECT * FROM hooks WHERE site = ? ORDER BY rowid", (site,))
        return tuple(map(_hook, rows))


def find_hook(store: Store, site: str, hook: str) -> Hook | None:
    with store.read() as connection:
        row = connection.execute("SELECT * FROM hooks WHERE site = ? AND id = ?", (site, hook)).fetchone()
    return None if row is None else _hook(row)


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
