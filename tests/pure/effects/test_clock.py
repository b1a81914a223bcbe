"""The fake clock moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webstead.effects import Clock, FakeClock, SystemClock


def test_the_fake_clock_stands_still_until_it_is_advanced() -> None:
    start = datetime(2024, 2, 29, 12, tzinfo=UTC)
    clock = FakeClock(start)
    assert (clock.monotonic(), clock.now()) == (0.0, start)
    clock.advance(90.5)
    assert (clock.monotonic(), clock.now()) == (90.5, start + timedelta(seconds=90.5))


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        FakeClock().advance(-1)


def test_the_system_clock_gives_aware_utc_and_never_falls() -> None:
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    first = clock.monotonic()
    assert clock.monotonic() >= first
