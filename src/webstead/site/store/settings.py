"""The settings of sites: `app` ones are variables of the app, `scm` ones are read by deployments alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Literal

from webstead.errors import UsageError
from webstead.site.store.columns import plain
from webstead.site.store.database import Store

__all__ = ["SettingKind", "read_settings", "write_settings"]

SettingKind = Literal["app", "scm"]


def read_settings(store: Store, site: str, kind: SettingKind) -> dict[str, str]:
    """By name, in the order of the names."""
    query = "SELECT name, value FROM settings WHERE site = ? AND kind = ? ORDER BY name"
    return dict(store.select(_pair, query, site, kind))


def write_settings(store: Store, site: str, kind: SettingKind, changes: Mapping[str, str | None]) -> None:
    """All of these, or none. None removes one. Names are one whatever their case; the last spelling stays.
    Raises UsageError for what cannot be in an environment: a NUL, or half a character."""
    for name, value in changes.items():
        _check(name, value or "")
    with store.write() as connection:
        for name, value in changes.items():
            connection.execute(
                "DELETE FROM settings WHERE site = ? AND kind = ? AND name = ?", (site, kind, name)
            )
            if value is not None:
                connection.execute("INSERT INTO settings VALUES (?, ?, ?, ?)", (site, kind, name, value))


def _pair(row: sqlite3.Row) -> tuple[str, str]:
    return row["name"], row["value"]


def _check(name: str, value: str) -> None:
    if not name or "=" in name or any("\0" in text or plain(text) != text for text in (name, value)):
        raise UsageError(
            f"The setting {name!r} cannot be a variable.",
            found="no name, a = in it, a NUL, or half a character of two",
            fix="Give a name and a text.",
        )
