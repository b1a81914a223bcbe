"""Guessing is slowed down."""

from __future__ import annotations

from webstead.services.throttle import ADDRESSES, FAILURES, SECONDS, Throttle


def test_after_ten_failures_within_a_minute_who_tried_waits_until_the_first_is_old() -> None:
    throttle = Throttle()
    for second in range(FAILURES):
        assert throttle.wait(("a", "shop"), second) == 0
        throttle.failed(("a", "shop"), second)
    assert throttle.wait(("a", "shop"), FAILURES) == SECONDS - FAILURES
    assert throttle.wait(("a", "shop"), SECONDS - 0.5) == 1
    assert throttle.wait(("a", "shop"), SECONDS) == 0
    assert throttle.wait(("b", "shop"), FAILURES) == throttle.wait(("a", "blog"), FAILURES) == 0


def test_failures_far_apart_are_mistakes() -> None:
    throttle = Throttle()
    for number in range(100):
        throttle.failed(("a", "shop"), number * 10.0)
        assert throttle.wait(("a", "shop"), number * 10.0) == 0


def test_the_latest_addresses_are_remembered() -> None:
    throttle = Throttle()
    for _ in range(FAILURES):
        throttle.failed(("first", "shop"), 0)
        throttle.failed(("last", "shop"), 0)
    for number in range(ADDRESSES - 1):
        throttle.failed((f"{number}", ""), 0)
    assert throttle.wait(("first", "shop"), 0) == 0
    assert throttle.wait(("last", "shop"), 0) == SECONDS
