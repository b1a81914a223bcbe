"""What is counted of a site's requests."""

from __future__ import annotations

import json
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.counts import Counts
from webstead.site_metrics import BOUNDS, SiteMetrics


@pytest.mark.parametrize(
    ("status", "index"),
    [(101, 0), (200, 1), (204, 1), (301, 2), (404, 3), (499, 3), (500, 4), (599, 4), (999, 4), (0, 4)],
)
def test_each_status_is_of_some_class(status: int, index: int) -> None:
    counts = Counts()
    counts.begun += 1
    counts.end(status, 10, 0.1, perf_counter())
    assert counts.of("shop", perf_counter()).by_class == tuple(int(n == index) for n in range(5))


@pytest.mark.parametrize(
    ("seconds", "index"), [(0.0, 0), (0.005, 0), (0.0051, 1), (1.0, 7), (30.0, 11), (31.0, 12)]
)
def test_each_time_is_in_the_bucket_of_its_bound(seconds: float, index: int) -> None:
    counts = Counts()
    counts.begun += 1
    counts.end(200, 0, seconds, perf_counter())
    assert counts.of("shop", perf_counter()).buckets.index(1) == index


def test_a_websocket_s_life_is_no_request_s_time() -> None:
    counts = Counts()
    counts.begun += 1
    counts.end(101, 500, 3600.0, perf_counter())
    metrics = counts.of("shop", perf_counter())
    assert metrics.answered == 1
    assert metrics.seconds == 0
    assert sum(metrics.buckets) == 0
    assert metrics.size == 500


def test_what_runs_is_not_quiet() -> None:
    counts = Counts()
    counts.begun += 2
    counts.end(200, 0, 0.1, 100.0)
    assert (counts.of("shop", 107.0).running, counts.of("shop", 107.0).quiet) == (1, 0.0)
    counts.end(200, 0, 0.1, 102.0)
    assert (counts.of("shop", 107.0).running, counts.of("shop", 107.0).quiet) == (0, 5.0)
    assert counts.of("shop", 107.0).asked == 2


ANSWERS = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 10**9), st.floats(0, 100)))


@given(ANSWERS, st.integers(0, 5))
def test_all_is_counted_and_comes_over_the_channel(
    answers: list[tuple[int, int, float]], running: int
) -> None:
    counts = Counts()
    counts.begun = len(answers) + running
    for status, size, seconds in answers:
        counts.end(status, size, seconds, 1.0)
    metrics = counts.of("shop", 2.0)
    assert metrics.answered == len(answers)
    assert metrics.running == running
    assert len(metrics.buckets) == len(BOUNDS) + 1
    assert sum(metrics.buckets) == sum(status != 101 for status, _, _ in answers)
    assert metrics.size == sum(size for _, size, _ in answers)
    assert SiteMetrics.from_json(json.loads(json.dumps(metrics.as_json()))) == metrics
