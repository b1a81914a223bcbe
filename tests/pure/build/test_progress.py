"""How far a step has come is told at a readable pace, with the rate of the last seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.progress import Meter
from webstead.effects.clock import FakeClock
from webstead.events import Event, StepProgress


class Counted:
    def __init__(self, total: int | None = None) -> None:
        self.clock = FakeClock()
        self.events: list[Event] = []
        self.meter = Meter(self.events.append, self.clock, "output", "Packing", "bytes", total)

    @property
    def told(self) -> list[tuple[int, int | None, float | None]]:
        return [(e.done, e.total, e.rate) for e in self.events if isinstance(e, StepProgress)]


def test_the_first_and_the_last_are_told_and_others_at_a_pace() -> None:
    counted = Counted(1000)
    for _ in range(10):
        counted.clock.advance(0.0625)
        counted.meter.advance(100)
    assert [done for done, _, _ in counted.told] == [100, 500, 900, 1000]
    assert {total for _, total, _ in counted.told} == {1000}
    counted.meter.finish()
    assert len(counted.told) == 4


def test_what_is_left_at_the_end_is_told_once() -> None:
    counted = Counted()
    counted.meter.at(1)
    counted.meter.at(7)
    assert [done for done, _, _ in counted.told] == [1]
    counted.meter.finish()
    counted.meter.finish()
    assert [done for done, _, _ in counted.told] == [1, 7]


def test_the_rate_is_that_of_the_last_seconds() -> None:
    counted = Counted()
    for second in range(1, 11):
        counted.clock.advance(1)
        counted.meter.advance(100 if second <= 5 else 10)
    rates = [rate for _, _, rate in counted.told]
    assert rates[:3] == [100, 100, 100]
    assert rates[-1] == pytest.approx(10)


def test_a_rate_needs_time_and_a_total_may_grow() -> None:
    counted = Counted()
    counted.meter.at(5, 10)
    counted.meter.at(10)
    counted.meter.at(10, 20)
    counted.meter.finish()
    assert counted.told == [(5, 10, None), (10, 10, None), (10, 20, None)]


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 1000)), min_size=1))
def test_counts_never_go_back_and_the_last_is_told(steps: list[tuple[float, int]]) -> None:
    counted = Counted()
    for seconds, more in steps:
        counted.clock.advance(seconds)
        counted.meter.advance(more)
    counted.meter.finish()
    done = [each for each, _, _ in counted.told]
    assert done == sorted(done)
    assert done[-1] == sum(more for _, more in steps)
    assert all(rate is None or rate >= 0 for _, _, rate in counted.told)
