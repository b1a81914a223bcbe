"""The tables, as the steps that lead to them: one that was released is never changed, a new one is added."""

from __future__ import annotations

__all__ = ["MIGRATIONS"]

_FIRST = (
    """
    CREATE TABLE sites (
        name TEXT PRIMARY KEY, hosts TEXT NOT NULL, stopped INTEGER NOT NULL, created TEXT NOT NULL,
        options TEXT NOT NULL, password TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE settings (
        site TEXT NOT NULL REFERENCES sites (name) ON DELETE CASCADE,
        kind TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, value TEXT NOT NULL,
        PRIMARY KEY (site, kind, name)
    ) STRICT
    """,
    """
    CREATE TABLE deployments (
        site TEXT NOT NULL REFERENCES sites (name) ON DELETE CASCADE,
        id TEXT NOT NULL, status INTEGER NOT NULL, source TEXT NOT NULL, received TEXT NOT NULL,
        started TEXT, ended TEXT, last_success TEXT, status_text TEXT NOT NULL, progress TEXT NOT NULL,
        author TEXT NOT NULL, author_email TEXT NOT NULL, deployer TEXT NOT NULL, message TEXT NOT NULL,
        release TEXT NOT NULL, temporary INTEGER NOT NULL, read_only INTEGER NOT NULL,
        PRIMARY KEY (site, id)
    ) STRICT
    """,
    """
    CREATE TABLE entries (
        number INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, deployment TEXT NOT NULL,
        id TEXT NOT NULL, parent TEXT NOT NULL, time TEXT NOT NULL, type INTEGER NOT NULL,
        message TEXT NOT NULL,
        FOREIGN KEY (site, deployment) REFERENCES deployments (site, id) ON DELETE CASCADE ON UPDATE CASCADE
    ) STRICT
    """,
    "CREATE INDEX entries_of ON entries (site, deployment, parent, number)",
    """
    CREATE TABLE activations (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        site TEXT NOT NULL REFERENCES sites (name) ON DELETE CASCADE,
        release TEXT NOT NULL, time TEXT NOT NULL, why TEXT NOT NULL, by TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE hooks (
        id TEXT PRIMARY KEY, site TEXT NOT NULL REFERENCES sites (name) ON DELETE CASCADE,
        event TEXT NOT NULL, url TEXT NOT NULL, insecure_ssl INTEGER NOT NULL, last_status INTEGER NOT NULL,
        last_reason TEXT NOT NULL, last_time TEXT, last_context TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, site TEXT NOT NULL, scopes TEXT NOT NULL,
        created TEXT NOT NULL, expires TEXT, used TEXT, digest BLOB NOT NULL
    ) STRICT
    """,
    "CREATE TABLE changes (site TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT",
    *(
        f"""
        CREATE TRIGGER deployments_{verb.lower()} AFTER {verb} ON deployments BEGIN
            INSERT INTO changes VALUES ({row}.site, 1)
            ON CONFLICT (site) DO UPDATE SET number = number + 1;
        END
        """  # noqa: S608 - made of the two words beside it
        for verb, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ),
)

_PUSH_EVENTS = (
    """
    CREATE TABLE push_events (
        site TEXT NOT NULL, deployment TEXT NOT NULL, id TEXT NOT NULL, branch TEXT NOT NULL,
        url TEXT NOT NULL, revision TEXT NOT NULL,
        PRIMARY KEY (site, deployment),
        FOREIGN KEY (site, deployment) REFERENCES deployments (site, id) ON DELETE CASCADE
    ) STRICT
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _PUSH_EVENTS)
