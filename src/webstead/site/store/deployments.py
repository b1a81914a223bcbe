"""Deployments, as they stand and as they ended."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from webstead.site.store.database import Store, read_time, time_text
from webstead.site.store.model import Deployment, Status

__all__ = [
    "delete_deployment",
    "deployments_tag",
    "find_deployment",
    "latest_deployment",
    "list_deployments",
    "rename_deployment",
    "save_deployment",
    "unfinished",
]

_NEWEST = "ORDER BY received DESC, rowid DESC"


def save_deployment(store: Store, deployment: Deployment) -> None:
    """Record it as it is now; the one with its id, if there is one, is replaced."""
    columns = _columns(deployment)
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in ("site", "id"))
    with store.write() as connection:
        connection.execute(
            f"INSERT INTO deployments ({names}) VALUES ({marks})"  # noqa: S608 - names of our own fields
            f" ON CONFLICT (site, id) DO UPDATE SET {updates}",
            tuple(columns.values()),
        )


def rename_deployment(store: Store, site: str, old: str, new: str) -> None:
    """A temporary one gets its id; its log comes along."""
    with store.write() as connection:
        connection.execute(
            "UPDATE deployments SET id = ?, temporary = 0 WHERE site = ? AND id = ?", (new, site, old)
        )


def find_deployment(store: Store, site: str, deployment: str) -> Deployment | None:
    return _one(store, "SELECT * FROM deployments WHERE site = ? AND id = ?", site, deployment)


def list_deployments(store: Store, site: str) -> tuple[Deployment, ...]:
    """The newest received first."""
    with store.read() as connection:
        rows = connection.execute(f"SELECT * FROM deployments WHERE site = ? {_NEWEST}", (site,))  # noqa: S608
        return tuple(map(_deployment, rows))


def latest_deployment(store: Store, site: str) -> Deployment | None:
    """As Kudu's `latest`: the first that has not ended, else the one that ended last."""
    pending = "SELECT * FROM deployments WHERE site = ? AND status < 3 ORDER BY received, rowid LIMIT 1"
    ended = "SELECT * FROM deployments WHERE site = ? ORDER BY ended DESC, rowid DESC LIMIT 1"
    return _one(store, pending, site) or _one(store, ended, site)


def delete_deployment(store: Store, site: str, deployment: str) -> bool:
    """With its log. Whether there was one."""
    with store.write() as connection:
        statement = "DELETE FROM deployments WHERE site = ? AND id = ?"
        return connection.execute(statement, (site, deployment)).rowcount > 0


def unfinished(store: Store) -> tuple[Deployment, ...]:
    """Of all sites."""
    with store.read() as connection:
        return tuple(map(_deployment, connection.execute("SELECT * FROM deployments WHERE status < 3")))


def deployments_tag(store: Store, site: str) -> str:
    """Another one after every change of the site's deployments, and only then."""
    with store.read() as connection:
        row = connection.execute("SELECT number FROM changes WHERE site = ?", (site,)).fetchone()
    return f"{row['number'] if row else 0:x}"


def _one(store: Store, query: str, *values: str) -> Deployment | None:
    with store.read() as connection:
        row = connection.execute(query, values).fetchone()
    return None if row is None else _deployment(row)


def _columns(deployment: Deployment) -> dict[str, str | int | None]:
    return {
        "site": deployment.site,
        "id": deployment.id,
        "status": int(deployment.status),
        "source": deployment.source,
        "received": time_text(deployment.received),
        "started": time_text(deployment.started),
        "ended": time_text(deployment.ended),
        "last_success": time_text(deployment.last_success),
        "status_text": deployment.status_text,
        "progress": deployment.progress,
        "author": deployment.author,
        "author_email": deployment.author_email,
        "deployer": deployment.deployer,
        "message": deployment.message,
        "release": deployment.release,
        "temporary": int(deployment.temporary),
        "read_only": int(deployment.read_only),
    }


def _deployment(row: sqlite3.Row) -> Deployment:
    return Deployment(
        site=row["site"],
        id=row["id"],
        status=Status(row["status"]),
        source=row["source"],
        received=datetime.fromisoformat(row["received"]),
        started=read_time(row["started"]),
        ended=read_time(row["ended"]),
        last_success=read_time(row["last_success"]),
        status_text=row["status_text"],
        progress=row["progress"],
        author=row["author"],
        author_email=row["author_email"],
        deployer=row["deployer"],
        message=row["message"],
        release=row["release"],
        temporary=bool(row["temporary"]),
        read_only=bool(row["read_only"]),
    )
