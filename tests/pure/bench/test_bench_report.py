"""Medians, ratios, bars, and how they are shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report import CaseResult, Comparison, Failure, Quantity, as_json, as_table, busy, missed

RATES = st.lists(st.tuples(st.floats(1, 1e6), st.floats(1, 1e6)), min_size=1, max_size=9)


def comparison(bar: float | None = 1.3) -> Comparison:
    return Comparison("theirs", (300.0, 100.0, 200.0), (100.0, 100.0, 160.0), bar)


def result(bar: float | None = 1.3, *failures: Failure) -> CaseResult:
    one = comparison(bar)
    rates = (("ours", one.ours_rates), ("theirs", one.theirs_rates))
    memory = Quantity("memory", "MB", (120.5,), 150)
    return CaseResult("gateway", "a title", "ours", rates, (one,), (memory,), failures)


def test_the_ratio_is_of_the_medians() -> None:
    assert comparison().ratio == 2.0


def test_pairs_are_of_the_same_turn() -> None:
    assert comparison().pair_ratios == (3.0, 1.0, 1.25)


def test_a_turn_that_only_one_took_is_no_pair() -> None:
    with pytest.raises(ValueError, match="zip"):
        _ = Comparison("theirs", (1.0, 2.0), (1.0,), None).pair_ratios


@pytest.mark.parametrize(("bar", "good"), [(1.9, True), (2.0, True), (2.1, False), (None, True)])
def test_the_bar_is_held_against_the_ratio_of_medians(bar: float | None, good: bool) -> None:
    assert comparison(bar).good is good
    assert missed([result(bar)]) is not good


@pytest.mark.parametrize(("values", "good"), [((1.4, 9.0, 1.5), True), ((1.51,), False)])
def test_a_quantity_is_held_by_its_median(values: tuple[float, ...], good: bool) -> None:
    quantity = Quantity("time", "s", values, 1.5)
    assert quantity.good is good
    assert missed([CaseResult("startup", "", "ours", quantities=(quantity,))]) is not good


def test_the_table_has_one_line_for_each_contender() -> None:
    lines = as_table([result()]).splitlines()
    assert lines[2].split() == ["gateway", "ours", "200/s"]
    assert lines[3].split() == ["gateway", "theirs", "100/s", "2.00x", "1.25x", "≥", "1.3x", "ok"]
    assert lines[4].split() == ["gateway", "memory", "120.50", "MB", "≤", "150", "MB", "ok"]


def test_a_missed_bar_reads_short() -> None:
    assert "≥ 5x  short" in as_table([result(5)])


def test_a_rival_without_a_bar_has_no_verdict() -> None:
    assert as_table([result(None)]).splitlines()[3].endswith("1.25x")


def test_a_failure_is_told_and_is_no_number() -> None:
    failed = CaseResult("stack", "", "ours", failures=(Failure("stack", "ours", "ended with code 7"),))
    assert "failed: stack, ours: ended with code 7" in as_table([failed])
    assert as_json([failed], {})["failed"] is True


def test_json_holds_every_measurement_and_the_machine() -> None:
    data = json.loads(json.dumps(as_json([result()], {"cores": 2})))
    assert data["version"] == 2
    assert data["machine"] == {"cores": 2}
    assert (data["missed"], data["failed"]) == (False, False)
    [case] = data["cases"]
    assert case["unit"] == "requests"
    assert case["per_second"]["ours"] == {"median": 200.0, "runs": [300.0, 100.0, 200.0]}
    [against] = case["comparisons"]
    assert (against["against"], against["ratio"], against["median_of_pair_ratios"]) == ("theirs", 2.0, 1.25)
    assert case["quantities"][0]["runs"] == [120.5]


@pytest.mark.parametrize(("load", "warned"), [(0.0, False), (0.5, False), (0.51, True), (3.0, True)])
def test_a_busy_machine_is_told(load: float, warned: bool) -> None:
    assert bool(busy(load, cores=2)) is warned


@given(RATES)
def test_a_contender_against_itself_is_even_and_swapping_inverts(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = zip(*pairs, strict=True)
    assert Comparison("x", ours, ours, 1.0).good
    there, back = Comparison("x", ours, theirs, None), Comparison("x", theirs, ours, None)
    assert there.ratio * back.ratio == pytest.approx(1)
    assert all(a * b == pytest.approx(1) for a, b in zip(there.pair_ratios, back.pair_ratios, strict=True))
