"""Who is not known is summed up: a line for the first in a minute, and one for those that followed."""

from __future__ import annotations

from webstead.services.audit_line import AuditLine
from webstead.services.strangers import ADDRESSES, SECONDS, Strangers


def line(client: str = "a", refused: str = "credentials", path: str = "/") -> AuditLine:
    return AuditLine("2026-11-26T12:00:00", client, "", "", "GET", path, 401, refused)


def told(lines: list[AuditLine]) -> list[tuple[str, str, int]]:
    return [(each.client, each.refused, each.count) for each in lines]


def test_the_first_is_told_at_once_and_the_others_as_a_number_when_the_minute_is_over() -> None:
    strangers = Strangers()
    assert told(strangers.noted(line(), 0)) == [("a", "credentials", 1)]
    for second in range(1, 50):
        assert strangers.noted(line(path=f"/{second}"), second) == []
    assert told(strangers.noted(line("b"), SECONDS - 1)) == [("b", "credentials", 1)]
    summed = strangers.due(SECONDS)
    assert told(summed) == [("a", "credentials", 49)]
    assert summed[0].path == "/49", "the last of them"
    assert told(strangers.noted(line(), SECONDS)) == [("a", "credentials", 1)]


def test_each_reason_is_counted_by_itself() -> None:
    strangers = Strangers()
    for refused in ("no credentials", "credentials", "throttled"):
        assert told(strangers.noted(line(refused=refused), 0)) == [("a", refused, 1)]
        assert strangers.noted(line(refused=refused), 1) == []
    assert told(strangers.due(SECONDS)) == [
        ("a", "no credentials", 1),
        ("a", "credentials", 1),
        ("a", "throttled", 1),
    ]
    assert strangers.due(SECONDS) == []


def test_who_came_once_is_told_once() -> None:
    strangers = Strangers()
    strangers.noted(line(), 0)
    assert strangers.due(10 * SECONDS) == strangers.rest() == []


def test_at_the_end_nothing_is_lost() -> None:
    strangers = Strangers()
    for second in range(3):
        strangers.noted(line(), second)
        strangers.noted(line("b"), second)
    assert told(strangers.rest()) == [("a", "credentials", 2), ("b", "credentials", 2)]
    assert strangers.rest() == []


def test_many_addresses_take_no_more_memory_and_lose_no_number() -> None:
    strangers = Strangers()
    strangers.noted(line("first"), 0)
    strangers.noted(line("first"), 0)
    lines = [each for number in range(ADDRESSES) for each in strangers.noted(line(f"{number}"), 0)]
    assert ("first", "credentials", 1) in told(lines)
    assert len(lines) == ADDRESSES + 1
    assert strangers.rest() == []
