"""The settings of sites: `app` ones are variables of the app, `scm` ones are read by deployments alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from webstead.site.store.database import Store

__all__ = ["SettingKind", "read_settings", "write_settings"]

SettingKind = Literal["app", "scm"]


def read_settings(store: Store, site: str, kind: SettingKind) -> dict[str, str]:
    """By name, in the order of the names."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT name, value FROM settings WHERE site = ? AND kind = ? ORDER BY name", (site, kind)
        )
        return {row["name"]: row["value"] for row in rows}


def write_settings(store: Store, site: str, kind: SettingKind, changes: Mapping[str, str | None]) -> None:
    """All of these, or none. None removes one. Names are one whatever their case; the last spelling stays."""
    with store.write() as connection:
        for name, value in changes.items():
            connection.execute(
                "DELETE FROM settings WHERE site = ? AND kind = ? AND name = ?", (site, kind, name)
            )
            if value is not None:
                connection.execute("INSERT INTO settings VALUES (?, ?, ?, ?)", (site, kind, name, value))
