"""`/healthz` and `/metrics` of the server (Prometheus' text format 0.0.4)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from starlette.responses import JSONResponse, PlainTextResponse, Response

import webstead
from webstead.errors import WebsteadError
from webstead.services.context import Context, OfServer
from webstead.services.routes import Route
from webstead.services.server.exposition import exposed
from webstead.services.server.figures import figures
from webstead.services.uploads import SPARE
from webstead.services.wire import Answer
from webstead.site.store.sites import list_sites

__all__ = ["ROUTES"]


class Health(Answer):
    """status: `ok`, or `failing` with the answer 503. problems: in words."""

    status: str
    version: str
    problems: list[str]


def health(server: OfServer) -> Response:
    """Whether records, disk and supervisor are there."""
    problems = list(_problems(server.context))
    told = Health(status="failing" if problems else "ok", version=webstead.__version__, problems=problems)
    return JSONResponse(told.model_dump(), 503 if problems else 200)


def metrics(server: OfServer) -> Response:
    """Of the server and of each site."""
    text = exposed(figures(server.context))
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def _problems(context: Context) -> Iterator[str]:
    try:
        list_sites(context.store)
        context.host.instances()
        free = shutil.disk_usage(context.server.root).free
    except (WebsteadError, OSError) as error:
        yield str(error)
        return
    if free < SPARE:
        yield f"The disk is nearly full: {free >> 20} MB are free."


ROUTES = (
    Route(
        "GET",
        "/healthz",
        health,
        "read",
        "Is the server well?",
        gives=Health,
        at="root",
        others={503: "It is not"},
    ),
    Route("GET", "/metrics", metrics, "read", "Figures for Prometheus", media="text/plain", at="root"),
)
