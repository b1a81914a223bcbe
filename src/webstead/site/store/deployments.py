"""Deployments, as they stand and as they ended."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from webstead.site.store.columns import plain, read_time, time_text
from webstead.site.store.database import Store
from webstead.site.store.model import Deployment, Status

__all__ = [
    "delete_deployment",
    "deployments_tag",
    "find_deployment",
    "latest_deployment",
    "list_deployments",
    "rename_deployment",
    "save_deployment",
    "tagged_deployments",
    "unfinished",
]

_LIST = "SELECT * FROM deployments WHERE site = ? ORDER BY received DESC, rowid DESC"
_LATEST = """
    SELECT * FROM deployments WHERE site = ?
    ORDER BY status >= 3, CASE WHEN status < 3 THEN received END, ended DESC, rowid DESC LIMIT 1
"""
_UNFINISHED = """
    SELECT * FROM deployments WHERE status < 3 AND NOT EXISTS (
        SELECT 1 FROM push_events
        WHERE push_events.site = deployments.site AND push_events.deployment = deployments.id
    ) ORDER BY received, rowid
"""


def save_deployment(store: Store, deployment: Deployment) -> None:
    """Record it as it is now; the one with its id, if there is one, is replaced. The same once more changes
    nothing."""
    columns = _columns(deployment)
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    new = ", ".join(f"excluded.{name}" for name in columns)
    with store.write() as connection:
        connection.execute(
            f"INSERT INTO deployments ({names}) VALUES ({marks})"  # noqa: S608 - names of our own fields
            f" ON CONFLICT (site, id) DO UPDATE SET ({names}) = ({new}) WHERE ({names}) IS NOT ({new})",
            tuple(columns.values()),
        )


def rename_deployment(store: Store, site: str, old: str, new: str) -> None:
    """A temporary one gets its id; its log comes along. A push event that it stood for waits no longer."""
    with store.write() as connection:
        connection.execute("DELETE FROM push_events WHERE site = ? AND deployment = ?", (site, old))
        connection.execute(
            "UPDATE deployments SET id = ?, temporary = 0 WHERE site = ? AND id = ?", (new, site, old)
        )


def find_deployment(store: Store, site: str, deployment: str) -> Deployment | None:
    query = "SELECT * FROM deployments WHERE site = ? AND id = ?"
    return store.first(_deployment, query, site, deployment)


def list_deployments(store: Store, site: str) -> tuple[Deployment, ...]:
    """The newest received first."""
    return store.select(_deployment, _LIST, site)


def tagged_deployments(store: Store, site: str) -> tuple[str, tuple[Deployment, ...]]:
    """Of one moment, the tag and the list that it stands for."""
    with store.read() as connection:
        tag = _tag(connection, site)
        return tag, store.records(_deployment, connection.execute(_LIST, (site,)).fetchall())


def latest_deployment(store: Store, site: str) -> Deployment | None:
    """As Kudu's `latest`: the first that has not ended, else the one that ended last."""
    return store.first(_deployment, _LATEST, site)


def delete_deployment(store: Store, site: str, deployment: str) -> bool:
    """With its log. Whether there was one."""
    with store.write() as connection:
        statement = "DELETE FROM deployments WHERE site = ? AND id = ?"
        return connection.execute(statement, (site, deployment)).rowcount > 0


def unfinished(store: Store) -> tuple[Deployment, ...]:
    """Of all sites, but those of push events that wait: they go on with the next server."""
    return store.select(_deployment, _UNFINISHED)


def deployments_tag(store: Store, site: str) -> str:
    """Another one after every change of the site's deployments, and only then."""
    with store.read() as connection:
        return _tag(connection, site)


def _tag(connection: sqlite3.Connection, site: str) -> str:
    row = connection.execute("SELECT number FROM changes WHERE site = ?", (site,)).fetchone()
    return f"{row['number'] if row else 0:x}"


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
        "status_text": plain(deployment.status_text),
        "progress": plain(deployment.progress),
        "author": plain(deployment.author),
        "author_email": plain(deployment.author_email),
        "deployer": plain(deployment.deployer),
        "message": plain(deployment.message),
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
