"""`/healthz` and `/metrics` of the server (Prometheus' text format 0.0.4)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

from starlette.responses import JSONResponse, PlainTextResponse, Response

import webstead
from webstead.errors import WebsteadError
from webstead.services.context import Context, OfServer
from webstead.services.routes import Route
from webstead.services.server.exposition import Metric, Sample, exposed
from webstead.services.uploads import SPARE
from webstead.services.wire import Answer
from webstead.site.store.deployments import list_deployments
from webstead.site.store.model import SiteRecord, Status
from webstead.site.store.sites import list_sites

__all__ = ["ROUTES", "metrics_of"]


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
    text = exposed(metrics_of(server.context))
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def metrics_of(context: Context) -> Iterator[Metric]:
    sites = list_sites(context.store)
    yield Metric("webstead_info", "gauge", "This server.", (Sample({"version": webstead.__version__}, 1),))
    yield Metric("webstead_sites", "gauge", "Sites.", (Sample({}, len(sites)),))
    usage = shutil.disk_usage(context.server.root)
    yield Metric("webstead_disk_free_bytes", "gauge", "Free on the home's disk.", (Sample({}, usage.free),))
    yield _instances(context, sites)
    yield _deployments(context, sites)


def _instances(context: Context, sites: Sequence[SiteRecord]) -> Metric:
    running = dict.fromkeys((site.name for site in sites), 0)
    for instance in context.host.instances():
        if instance.site in running:
            running[instance.site] += 1
    samples = tuple(Sample({"site": site}, number) for site, number in running.items())
    return Metric("webstead_site_instances", "gauge", "Running instances; 0 for a cold site.", samples)


def _deployments(context: Context, sites: Sequence[SiteRecord]) -> Metric:
    """Those that are recorded: old ones are pruned, so they are no counter."""
    samples: list[Sample] = []
    for site in sites:
        found = list_deployments(context.store, site.name)
        for status in Status:
            number = sum(each.status == status for each in found)
            samples.append(Sample({"site": site.name, "status": status.name.lower()}, number))
    return Metric("webstead_site_deployments", "gauge", "Recorded deployments.", tuple(samples))


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
