"""The sites of a server."""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime

from webstead.errors import UsageError
from webstead.settings import Secret
from webstead.site.store.columns import time_text
from webstead.site.store.database import Store
from webstead.site.store.model import SiteOptions, SiteRecord

__all__ = [
    "create_site",
    "delete_site",
    "find_site",
    "list_sites",
    "new_password",
    "set_hosts",
    "set_options",
    "set_stopped",
]

_PASSWORD_LENGTH = 60  # as App Service's
_ALPHABET = string.ascii_letters + string.digits


def create_site(
    store: Store,
    name: str,
    *,
    now: datetime,
    hosts: Iterable[str] = (),
    options: SiteOptions | None = None,
) -> SiteRecord:
    """Raises UsageError when there is one of that name."""
    record = SiteRecord(name, tuple(hosts), False, now, options or SiteOptions(), _password())
    row = (name, json.dumps(record.hosts), 0, time_text(now), _options_text(record.options))
    with store.write() as connection:
        if connection.execute("SELECT 1 FROM sites WHERE name = ?", (name,)).fetchone() is not None:
            raise UsageError(
                f"There is a site {name} already.",
                found=f"{name}, in {store.path}",
                fix=f"Take another name, or: webstead site show {name}",
            )
        connection.execute("INSERT INTO sites VALUES (?, ?, ?, ?, ?, ?)", (*row, record.password.reveal()))
    return record


def list_sites(store: Store) -> tuple[SiteRecord, ...]:
    """By name."""
    return store.select(_record, "SELECT * FROM sites ORDER BY name")


def find_site(store: Store, name: str) -> SiteRecord | None:
    return store.first(_record, "SELECT * FROM sites WHERE name = ?", name)


def delete_site(store: Store, name: str) -> bool:
    """With all that is recorded of it. Whether there was one."""
    with store.write() as connection:
        connection.execute("DELETE FROM tokens WHERE site = ?", (name,))
        return connection.execute("DELETE FROM sites WHERE name = ?", (name,)).rowcount > 0


def set_stopped(store: Store, name: str, stopped: bool) -> None:
    _set(store, name, "stopped", int(stopped))


def set_hosts(store: Store, name: str, hosts: Iterable[str]) -> None:
    """The site's own host names, in this order."""
    _set(store, name, "hosts", json.dumps(tuple(hosts)))


def set_options(store: Store, name: str, options: SiteOptions) -> None:
    _set(store, name, "options", _options_text(options))


def new_password(store: Store, name: str) -> Secret:
    """A new one for the publishing user; the old is not taken any more."""
    password = _password()
    _set(store, name, "password", password.reveal())
    return password


_UPDATES = {
    column: f"UPDATE sites SET {column} = ? WHERE name = ?"  # noqa: S608 - made of the words beside it
    for column in ("stopped", "hosts", "options", "password")
}


def _set(store: Store, name: str, column: str, value: str | int) -> None:
    with store.write() as connection:
        if connection.execute(_UPDATES[column], (value, name)).rowcount == 0:
            raise UsageError(f"There is no site {name}.", found=f"{store.path}", fix="webstead site list")


def _record(row: sqlite3.Row) -> SiteRecord:
    return SiteRecord(
        name=row["name"],
        hosts=tuple(json.loads(row["hosts"])),
        stopped=bool(row["stopped"]),
        created=datetime.fromisoformat(row["created"]),
        options=_options(row["options"]),
        password=Secret(row["password"]),
    )


def _options_text(options: SiteOptions) -> str:
    return json.dumps(asdict(options))


def _options(text: str) -> SiteOptions:
    """What an older or newer version does not know has its default, or is left out."""
    known = {field.name for field in fields(SiteOptions)}
    return SiteOptions(**{name: value for name, value in json.loads(text).items() if name in known})


def _password() -> Secret:
    return Secret("".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH)))
