"""Guessing is slowed down."""

from __future__ import annotations

from webstead.services.throttle import ADDRESSES, FAILURES, SECONDS, Throttle


def test_after_ten_failures_within_a_minute_an_address_waits_until_the_first_is_a_minute_old() -> None:
    throttle = Throttle()
    for second in range(FAILURES):
        assert throttle.wait("a", second) == 0
        throttle.failed("a", second)
    assert throttle.wait("a", FAILURES) == SECONDS - FAILURES
    assert throttle.wait("a", SECONDS - 0.5) == 1
    assert throttle.wait("a", SECONDS) == 0
    assert throttle.wait("b", FAILURES) == 0


def test_failures_far_apart_are_mistakes() -> None:
    throttle = Throttle()
    for number in range(100):
        throttle.failed("a", number * 10.0)
        assert throttle.wait("a", number * 10.0) == 0


def test_the_latest_addresses_are_remembered() -> None:
    throttle = Throttle()
    for _ in range(FAILURES):
        throttle.failed("first", 0)
        throttle.failed("last", 0)
    for number in range(ADDRESSES - 1):
        throttle.failed(f"{number}", 0)
    assert throttle.wait("first", 0) == 0
    assert throttle.wait("last", 0) == SECONDS
