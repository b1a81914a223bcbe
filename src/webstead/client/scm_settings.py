"""Kudu's own settings, which deployments read (reference 1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from webstead.client.api import Api
from webstead.client.reading import fields_of
from webstead.errors import RemoteError
from webstead.settings import MASK

__all__ = ["change_scm_settings", "read_scm_settings"]


def read_scm_settings(site: Api, *, reveal: bool = False) -> dict[str, str]:
    """All that a deployment would see, with those of the app and the defaults. reveal: what a Webstead masks
    in its list, which a Kudu does not, is asked for one by one."""
    settings = fields_of(site.get("/api/settings"), "the settings")
    found = {name: value for name, value in settings.members.items() if isinstance(value, str)}
    return {
        name: _revealed(site, name) if reveal and value == MASK else value for name, value in found.items()
    }


def _revealed(site: Api, name: str) -> str:
    """It stays masked where it cannot be asked for: it has just gone, or has a `/` in its name."""
    try:
        value = site.get(_path(name))
    except RemoteError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return MASK
    return value if isinstance(value, str) else MASK


def change_scm_settings(site: Api, changes: Mapping[str, str | None]) -> None:
    """None removes one. Raises RemoteError, also while a deployment holds the lock."""
    given = {name: value for name, value in changes.items() if value is not None}
    if given:
        site.ask("POST", "/api/settings", given)
    for name, value in changes.items():
        if value is None:
            site.ask("DELETE", _path(name))


def _path(name: str) -> str:
    return f"/api/settings/{quote(name, safe='')}"
