"""What is counted of the server and its sites, for Prometheus."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

import webstead
from webstead.services.context import Context
from webstead.services.server.exposition import Metric, Sample
from webstead.site.store.deployments import list_deployments
from webstead.site.store.model import SiteRecord, Status
from webstead.site.store.sites import list_sites
from webstead.site_metrics import BOUNDS, CLASSES, SiteMetrics

__all__ = ["figures", "of_requests"]


def figures(context: Context) -> Iterator[Metric]:
    """Raises WebsteadError when the supervisor or the records do not answer."""
    sites = list_sites(context.store)
    version = Sample({"version": webstead.__version__}, 1)
    yield Metric("webstead_info", "gauge", "This server.", (version,))
    yield Metric("webstead_sites", "gauge", "Sites.", (Sample({}, len(sites)),))
    free = shutil.disk_usage(context.server.root).free
    yield Metric("webstead_disk_free_bytes", "gauge", "Free on the home's disk.", (Sample({}, free),))
    yield _instances(context, sites)
    yield _deployments(context, sites)
    yield from of_requests(
        [SiteMetrics.from_json(each) for each in context.host.metrics() if isinstance(each, dict)]
    )


def of_requests(sites: Sequence[SiteMetrics]) -> Iterator[Metric]:
    """Pure. Of the sites that have been asked anything since the front began; nothing when none has."""
    if not sites:
        return
    answered = [
        Sample({"site": site.site, "code": code}, number)
        for site in sites
        for code, number in zip(CLASSES, site.by_class, strict=True)
    ]
    yield Metric("webstead_requests_total", "counter", "Requests that were answered.", tuple(answered))
    running = tuple(Sample({"site": site.site}, site.running) for site in sites)
    yield Metric("webstead_requests_running", "gauge", "Requests that are answered now.", running)
    sent = tuple(Sample({"site": site.site}, site.size) for site in sites)
    yield Metric("webstead_sent_bytes_total", "counter", "Bytes of bodies that were sent.", sent)
    samples = tuple(sample for site in sites for sample in _histogram(site))
    yield Metric("webstead_request_seconds", "histogram", "Seconds until a request was answered.", samples)


def _histogram(site: SiteMetrics) -> Iterator[Sample]:
    """Prometheus counts in each bucket those of the smaller ones, too."""
    total = 0
    for bound, number in zip((*map(str, BOUNDS), "+Inf"), site.buckets, strict=True):
        total += number
        yield Sample({"site": site.site, "le": bound}, total, "_bucket")
    yield Sample({"site": site.site}, site.seconds, "_sum")
    yield Sample({"site": site.site}, total, "_count")


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
