"""`/api/environment`: what serves this API (reference 1.9)."""

from __future__ import annotations

from datetime import UTC, datetime

import webstead
from webstead.services.context import OfSite
from webstead.services.routes import Route
from webstead.services.wire import Answer, Date

__all__ = ["ROUTES", "Environment", "show"]


class Environment(Answer):
    """siteLastModified: when its current release took its place; null before the first."""

    version: str
    siteLastModified: Date | None


def show(site: OfSite) -> Environment:
    """The version of Webstead, and when the site changed last."""
    try:
        changed = datetime.fromtimestamp(site.home.wwwroot.lstat().st_mtime, UTC)
    except OSError:
        changed = None
    return Environment(version=webstead.__version__, siteLastModified=changed)


ROUTES = (
    Route(
        "GET",
        "/environment",
        show,
        scope="read",
        summary="What serves this API",
        gives=Environment,
        arm=True,
    ),
)
