"""`/webssh/host`: where azure-cli on Windows sends a browser. There is no terminal for browsers here yet."""

from __future__ import annotations

from starlette.responses import Response

from webstead.services.context import OfSite
from webstead.services.errors import ApiError
from webstead.services.routes import Route

__all__ = ["ROUTES", "show"]


def show(site: OfSite) -> Response:
    """It says what there is instead."""
    raise ApiError(
        404,
        "There is no terminal in the browser.",
        fix=f"webstead shell --site {site.name}; or az webapp create-remote-connection, and ssh.",
    )


ROUTES = (
    Route("GET", "/webssh/host", show, scope="files", summary="What there is instead of it", at="root"),
)
