"""`/api/settings`: what deployments read (reference 1.7). What is written here wins over app settings."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from webstead.services.bodies import json_body
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.settings import masked
from webstead.site.deploy.settings import merged
from webstead.site.store.settings import read_settings, write_settings

__all__ = ["ROUTES", "changes_of", "setting_of"]

_WAIT_SECONDS = 5.0
LONGEST_NAME = 512
LONGEST_VALUE = 1 << 16
"""Of an environment variable on Linux: 128 kB with its name."""


def show_all(site: OfSite) -> dict[str, str]:
    """All of them, merged. Those that look secret are masked: ask for one by its name."""
    return masked(_merged(site))


def show(site: OfSite, key: str) -> str:
    """One of them, in clear."""
    for name, value in _merged(site).items():
        if name.lower() == key.lower():
            return value
    raise ApiError(404, f"The setting '{key}' does not exist.")


def change(site: OfSite, body: Annotated[object, Depends(json_body)]) -> None:
    """`{"NAME": "value", …}`, or Kudu's older `{"key": NAME, "value": "value"}`. A deployment that runs is
    waited for 5 s."""
    changes = changes_of(body)
    who = site.principal.name
    with site.context.deployer.hold(site.name, "Settings are written", who, seconds=_WAIT_SECONDS):
        write_settings(site.context.store, site.name, "scm", changes)


def delete(site: OfSite, key: str) -> None:
    """What it is set to elsewhere holds then."""
    with site.context.deployer.hold(site.name, "A setting is deleted", site.principal.name):
        write_settings(site.context.store, site.name, "scm", {key: None})


def changes_of(body: object) -> dict[str, str]:
    """What a body sets. Raises ApiError 400."""
    if not isinstance(body, dict) or not body:
        raise ApiError(400, "The body is no JSON object with settings.", fix='Send {"NAME": "value"}.')
    if set(body) == {"key", "value"}:
        body = {body["key"]: body["value"]}
    return {_name(name): _text(name, value) for name, value in body.items()}


def _name(name: object) -> str:
    if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and not set(name) & set("=\0"):
        return name
    raise ApiError(400, f"{name!r} cannot be the name of a setting.")


def _text(name: object, value: object) -> str:
    """As .NET writes it."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return f"{value}"
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and "\0" not in value:
        return value
    raise ApiError(400, f"The value of {name} cannot be used.", found=type(value).__name__)


def setting_of(site: SiteContext, name: str, *, default: str) -> str:
    """One that somebody has written, by any spelling; else the default of who asks."""
    store, low = site.context.store, name.lower()
    written = {**read_settings(store, site.name, "app"), **read_settings(store, site.name, "scm")}
    return next((value for key, value in written.items() if key.lower() == low), default)


def _merged(site: OfSite) -> dict[str, str]:
    """What stands in a release's `.deployment` is not known before the next deployment."""
    store = site.context.store
    return merged(read_settings(store, site.name, "scm"), read_settings(store, site.name, "app"), {})


ROUTES = (
    Route("GET", "/settings", show_all, "settings", "All settings", gives=dict[str, str]),
    Route(
        "POST",
        "/settings",
        change,
        "settings",
        "Change settings",
        status=204,
        takes="application/json",
        others={409: "A deployment runs"},
        example={"SCM_DO_BUILD_DURING_DEPLOYMENT": "true"},
    ),
    Route("GET", "/settings/{key}", show, "settings", "A setting", gives=str, others={404: "There is none"}),
    Route(
        "DELETE",
        "/settings/{key}",
        delete,
        "settings",
        "Delete a setting",
        status=204,
        others={409: "A deployment runs"},
    ),
)
