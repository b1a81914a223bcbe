"""A site's path, as its client wrote it, and the answers to one that leads nowhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema
from starlette.responses import Response

from webstead.services.context import SiteContext
from webstead.services.errors import ApiError
from webstead.site.deploy.package import RUN_FROM_PACKAGE, runs_from_package
from webstead.site.files.paths import FilePath, read_path
from webstead.site.store.settings import read_settings

__all__ = ["PathText", "check_writable", "named", "not_found", "path_in", "redirected"]

PathText = Annotated[str, PlainValidator(str), WithJsonSchema({"type": "string"})]
"""A path of an address as it was decoded: its names need be no text."""


def path_in(path: str) -> FilePath:
    """Raises ApiError 400."""
    try:
        return read_path(path)
    except ValueError as error:
        raise ApiError(400, "The path cannot be used.", found=str(error)) from None


def named(site: SiteContext, path: FilePath) -> str:
    """As on the disk, through the site's links as they were named: `/srv/sites/shop/site/wwwroot/app.py`."""
    return str(site.home.root.joinpath(*path.parts))


def not_found(site: SiteContext, path: FilePath) -> ApiError:
    return ApiError(404, f"'{named(site, path)}' not found.")


def check_writable(site: SiteContext, path: FilePath) -> None:
    """Raises ApiError 409 for what lies in wwwroot while the site runs from a package."""
    in_wwwroot = tuple(part.lower() for part in path.parts[:2]) == ("site", "wwwroot")
    if in_wwwroot and runs_from_package(read_settings(site.context.store, site.name, "app")):
        raise ApiError(
            409,
            "wwwroot is read-only: the site runs from a package.",
            found=f"The app setting {RUN_FROM_PACKAGE} is set.",
            fix="Deploy another package, or take the setting out.",
        )


def redirected(site: SiteContext, *, slash: bool) -> Response:
    """To the form of the same address with, or without, a `/` at its end."""
    asked = site.asked
    raw = asked.raw_path
    if slash:
        raw += "/"
    else:
        while raw.endswith("/") or raw.lower().endswith("%2f"):
            raw = raw[:-1] if raw.endswith("/") else raw[:-3]
    query = f"?{asked.query}" if asked.query else ""
    return Response(status_code=307, headers={"Location": f"{asked.base}{raw}{query}"})
