"""When a job is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.site.jobs.schedule import BadSchedule, Schedule, read_schedule

NOW = datetime(2026, 11, 26, 12, 34, 56, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("* * * * * *", "2026-11-26 12:34:57"),
        ("*/15 * * * * *", "2026-11-26 12:35:00"),
        ("0 */5 * * * *", "2026-11-26 12:35:00"),
        ("0 0 * * * *", "2026-11-26 13:00:00"),
        ("0 30 9 * * MON-FRI", "2026-11-27 09:30:00"),
        ("0 0 9 * * sat,sun", "2026-11-28 09:00:00"),
        ("0 0 0 1 * *", "2026-12-01 00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 0 13 * 5", "2027-08-13 00:00:00"),
        ("56 34 12 26 nov *", "2027-11-26 12:34:56"),
        ("0 10/20 * * * *", "2026-11-26 12:50:00"),
        ("0 0 0 * * 7", "2026-11-29 00:00:00"),
        ("0 0 12 * January *", "2027-01-01 12:00:00"),
    ],
)
def test_the_next_time(text: str, due: str) -> None:
    assert read_schedule(text).next(NOW) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_day_that_never_comes() -> None:
    assert read_schedule("0 0 0 31 2 *").next(NOW) is None


def test_a_day_that_comes_rarely_is_found() -> None:
    first = read_schedule("0 0 0 1 2 0").next(datetime(2043, 2, 2, tzinfo=UTC))
    leap = read_schedule("0 0 0 29 2 0").next(datetime(2088, 3, 1, tzinfo=UTC))
    assert (first, leap) == (datetime(2054, 2, 1, tzinfo=UTC), datetime(2128, 2, 29, tzinfo=UTC))


def test_times_are_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    assert read_schedule("0 0 * * * *").next(there) == datetime(2026, 11, 26, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 fields"),
        ("0 * * * *", "5 fields"),
        ("60 * * * * *", "no second: 0 to 59"),
        ("* * 24 * * *", "no hour"),
        ("* * * 0 * *", "no day: 1 to 31"),
        ("* * * * 13 *", "no month"),
        ("* * * * foo *", "no month"),
        ("5-1 * * * * *", "ends before"),
        ("*/0 * * * * *", "at least 1"),
        ("a,b * * * * *", "no second"),
        (", * * * * *", "no second"),
        ("1--2 * * * * *", "no second"),
    ],
)
def test_what_is_no_schedule_says_why(text: str, why: str) -> None:
    with pytest.raises(BadSchedule, match=why):
        read_schedule(text)


FIELDS = [
    st.sampled_from(["*", "*/7", "0", "5-20", "1,30"]),
    st.sampled_from(["*", "*/7", "0", "5-20", "1,30"]),
    st.sampled_from(["*", "*/5", "0", "9-17"]),
    st.sampled_from(["*", "1", "10-20", "*/9"]),
    st.sampled_from(["*", "2", "jan-mar", "6,12"]),
    st.sampled_from(["*", "0", "mon-fri", "6"]),
]


@given(
    st.tuples(*FIELDS),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
)
def test_the_next_time_fits_and_no_earlier_one_does(fields: tuple[str, ...], now: datetime) -> None:
    schedule = read_schedule(" ".join(fields))
    due = schedule.next(now)
    assert due is not None
    assert due > now
    assert _fits(schedule, due)
    earlier = now.replace(microsecond=0) + timedelta(seconds=1)
    for _ in range(300):
        if earlier >= due:
            break
        assert not _fits(schedule, earlier)
        earlier += timedelta(seconds=1)


def _fits(schedule: Schedule, time: datetime) -> bool:
    return (
        time.second in schedule.seconds
        and time.minute in schedule.minutes
        and time.hour in schedule.hours
        and time.day in schedule.days
        and time.month in schedule.months
        and (time.weekday() + 1) % 7 in schedule.weekdays
    )


@given(st.text(max_size=40))
def test_any_text_is_a_schedule_or_says_why_not(text: str) -> None:
    try:
        schedule = read_schedule(text)
    except BadSchedule:
        return
    assert schedule.seconds
