"""Kudu's own settings, which deployments read (reference 1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from webstead.client.api import Api
from webstead.client.reading import fields_of

__all__ = ["change_scm_settings", "read_scm_settings"]


def read_scm_settings(site: Api) -> dict[str, str]:
    """All that a deployment would see, with those of the app and the defaults."""
    settings = fields_of(site.get("/api/settings"), "the settings")
    return {name: value for name, value in settings.members.items() if isinstance(value, str)}


def change_scm_settings(site: Api, changes: Mapping[str, str | None]) -> None:
    """None removes one. Raises RemoteError, also while a deployment holds the lock."""
    given = {name: value for name, value in changes.items() if value is not None}
    if given:
        site.ask("POST", "/api/settings", given)
    for name, value in changes.items():
        if value is None:
            site.ask("DELETE", f"/api/settings/{quote(name, safe='')}")
