"""When a triggered job is due: the six fields of `schedule` in settings.job, as NCrontab reads them. Pure.

    {second} {minute} {hour} {day} {month} {day of the week}

Each is `*`, a number, a range `1-5`, a step `*/10` or `1-30/5`, or a list of these with commas. Months and
days of the week may be written by three letters; Sunday is 0. A time must fit all six: NCrontab, unlike
cron, does not take the two kinds of day as alternatives. Times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["BadSchedule", "Schedule", "read_schedule"]

_YEARS = 41
"""A leap day that is a Sunday is at most 40 away, where a century has none; what does not come within it
never does."""

_NAMES = ("second", "minute", "hour", "day", "month", "day of the week")
_BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORDS: tuple[Mapping[str, int], ...] = (
    *({} for _ in range(4)),
    {name: number for number, name in enumerate(_MONTHS, 1)},
    {name: number for number, name in enumerate(_DAYS)},
)
_PART = re.compile(r"(\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/([0-9]{1,4}))?")


class BadSchedule(ValueError):
    """What is no schedule; the text says why."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Numbers that each field takes. text: as it was written."""

    text: str
    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def next(self, after: datetime) -> datetime | None:
        """The first time later than that; None when there is none."""
        start = after.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day = start.replace(hour=0, minute=0, second=0)
        end = day.replace(year=min(day.year + _YEARS, 9999), day=1)
        while day <= end:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if day.day in self.days and (day.weekday() + 1) % 7 in self.weekdays:
                found = self._within(day, max(start, day))
                if found is not None:
                    return found
            day += timedelta(days=1)
        return None

    def _within(self, day: datetime, start: datetime) -> datetime | None:
        """The first time of that day from the start on."""
        first = (start.hour, start.minute, start.second)
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                if (hour, minute) < first[:2]:
                    continue
                seconds = [each for each in self.seconds if (hour, minute, each) >= first]
                if seconds:
                    return day.replace(hour=hour, minute=minute, second=min(seconds))
        return None


def read_schedule(text: str) -> Schedule:
    """Raises BadSchedule."""
    fields = text.lower().split()
    if len(fields) != len(_NAMES):
        raise BadSchedule(f"it has {len(fields)} fields, and six are needed: {', '.join(_NAMES)}")
    found = [_numbers(field, number) for number, field in enumerate(fields)]
    return Schedule(text, *found)


def _numbers(field: str, number: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise BadSchedule(f"{part[:20]!r} is no {_NAMES[number]}")
        found |= _of_part(match, number)
    return frozenset(found)


def _of_part(match: re.Match[str], number: int) -> set[int]:
    low, high = _BOUNDS[number]
    first, last = low, high
    if match[1] != "*":
        first = _value(match[2], number)
        last = _value(match[3], number) if match[3] else (high if match[4] else first)
    step = int(match[4]) if match[4] else 1
    if step < 1:
        raise BadSchedule("a step is at least 1")
    if first > last:
        raise BadSchedule(f"{match[0]!r} ends before it begins")
    return set(range(first, last + 1, step))


def _value(word: str, number: int) -> int:
    low, high = _BOUNDS[number]
    value = (
        _WORDS[number].get(word[:3] if word.isalpha() else word, -1) if not word.isdigit() else int(word[:6])
    )
    if number == 5 and value == 7:  # Sunday, as cron has it
        value = 0
    if not low <= value <= high:
        raise BadSchedule(f"{word[:20]!r} is no {_NAMES[number]}: {low} to {high}")
    return value
