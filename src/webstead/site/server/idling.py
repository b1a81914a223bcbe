"""Which sites nobody asks any more, so that they go cold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from webstead.site.store.model import SiteRecord
from webstead.site_metrics import SiteMetrics

__all__ = ["idle_sites"]

_MINUTE = 60.0


def idle_sites(warm: Iterable[SiteRecord], metrics: Iterable[SiteMetrics]) -> tuple[str, ...]:
    """warm: those that have instances. metrics: what the front has counted. A site that it knows nothing of
    (it has begun anew) is not idle yet: it counts from when it was told of it."""
    counted: Mapping[str, SiteMetrics] = {each.site: each for each in metrics}
    return tuple(record.name for record in warm if _is_idle(record, counted.get(record.name)))


def _is_idle(record: SiteRecord, counted: SiteMetrics | None) -> bool:
    options = record.options
    if options.always_on or not options.idle_minutes or counted is None:
        return False
    return counted.running == 0 and counted.quiet >= options.idle_minutes * _MINUTE
