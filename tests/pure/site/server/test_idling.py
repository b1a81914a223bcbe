"""When a site has not been asked for long enough."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from webstead.settings import Secret
from webstead.site.server.idling import idle_sites
from webstead.site.store.model import SiteOptions, SiteRecord
from webstead.site_metrics import BOUNDS, SiteMetrics


def site(**options: bool | int) -> SiteRecord:
    made = SiteOptions(
        always_on=bool(options.get("always_on", False)), idle_minutes=int(options.get("idle_minutes", 20))
    )
    created = datetime.now(UTC)
    return SiteRecord("shop", (), stopped=False, created=created, options=made, password=Secret("x"))


def counted(quiet: float, running: int = 0, name: str = "shop") -> SiteMetrics:
    return SiteMetrics(name, (0, 1, 0, 0, 0), (1,) + (0,) * len(BOUNDS), 0.1, 5, running, quiet)


@pytest.mark.parametrize(
    ("record", "metrics", "idle"),
    [
        (site(), counted(1200.0), True),
        (site(), counted(1199.0), False),
        (site(idle_minutes=1), counted(60.0), True),
        (site(idle_minutes=0), counted(1e9), False),
        (site(always_on=True), counted(1e9), False),
        (site(), counted(1e9, running=1), False),
        (site(), counted(1e9, name="blog"), False),
    ],
)
def test_a_site_is_idle_when_nobody_asks(record: SiteRecord, metrics: SiteMetrics, idle: bool) -> None:
    assert idle_sites([record], [metrics]) == (("shop",) if idle else ())
