"""What is counted of requests, as Prometheus reads it."""

from __future__ import annotations

from tests.prometheus_text import read
from webstead.services.server.exposition import Metric, Sample, exposed
from webstead.services.server.figures import of_requests
from webstead.site_metrics import BOUNDS, SiteMetrics

SHOP = SiteMetrics("shop", (0, 7, 1, 0, 2), (3, 4, *([0] * (len(BOUNDS) - 2)), 3), 12.5, 4096, 1, 0.0)


def test_requests_are_counted_by_their_class_and_buckets_add_up() -> None:
    found = read(exposed(of_requests([SHOP])))
    answered = {dict(labels)["code"]: value for _, labels, value in found["webstead_requests_total"].samples}
    assert sorted(answered.items()) == [("1xx", 0), ("2xx", 7), ("3xx", 1), ("4xx", 0), ("5xx", 2)]
    samples = found["webstead_request_seconds"].samples
    buckets = [(dict(labels).get("le"), value) for name, labels, value in samples if name.endswith("_bucket")]
    assert buckets[:2] == [("0.005", 3.0), ("0.01", 7.0)]
    assert buckets[-1] == ("+Inf", 10.0)
    ends = {name: value for name, _, value in found["webstead_request_seconds"].samples}
    assert (ends["webstead_request_seconds_sum"], ends["webstead_request_seconds_count"]) == (12.5, 10.0)


def test_labels_are_escaped() -> None:
    text = exposed([Metric("a", "gauge", "Words.", (Sample({"b": 'x"\\\n'}, 1.5),))])
    assert read(text)["a"].samples == [("a", (("b", 'x"\\\n'),), 1.5)]
