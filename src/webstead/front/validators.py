"""Conditional and range requests: pure decisions on header values (RFC 9110, sections 8.8, 13 and 14)."""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass
from email.utils import parsedate
from typing import Literal

__all__ = ["Conditions", "Part", "etag_of", "http_date", "is_unchanged", "select_part"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RANGE = re.compile(rb"bytes[ \t]*=[ \t]*([0-9]{0,18})[ \t]*-[ \t]*([0-9]{0,18})[ \t]*$", re.IGNORECASE)
_TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_SECONDS_A_DAY = 86400
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True, slots=True)
class Conditions:
    """The headers of a request that bear on whether, and which part of, a file is sent. Absent is None."""

    if_none_match: bytes | None = None
    if_modified_since: bytes | None = None
    range: bytes | None = None
    if_range: bytes | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes to send: the first, and how many."""

    first: int
    length: int


def etag_of(size: int, mtime_ns: int) -> bytes:
    """A strong validator, as nginx makes it from size and time, but with the time's nanoseconds."""
    return b'"%x-%x"' % (mtime_ns, size)


def http_date(seconds: int) -> bytes:
    """An IMF-fixdate (RFC 9110, 5.6.7), in English whatever the locale."""
    days, rest = divmod(seconds, _SECONDS_A_DAY)
    year, month, day = _civil(days)
    hour, minute, second = rest // 3600, rest // 60 % 60, rest % 60
    weekday = _DAYS[(days + _EPOCH_WEEKDAY) % 7]
    return (
        f"{weekday}, {day:02} {_MONTHS[month - 1]} {year:04} {hour:02}:{minute:02}:{second:02} GMT".encode()
    )


def _civil(days: int) -> tuple[int, int, int]:
    """Days since 1970-01-01 to (year, month, day); Howard Hinnant's `civil_from_days`."""
    days += 719468
    era, day_of_era = divmod(days, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day


def _seconds(date: bytes) -> int | None:
    """An HTTP date in any of its three forms, as seconds; None when it is none."""
    try:
        parts = parsedate(date.decode("latin-1"))
        return None if parts is None else timegm(parts)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def is_unchanged(conditions: Conditions, etag: bytes, modified: int) -> bool:
    """Whether 304 answers a GET or HEAD. If-None-Match, compared weakly, makes If-Modified-Since void
    (13.2.2)."""
    if conditions.if_none_match is not None:
        listed = conditions.if_none_match
        return listed.strip() == b"*" or etag in _TAG.findall(listed)
    if conditions.if_modified_since is None:
        return False
    since = _seconds(conditions.if_modified_since)
    return since is not None and modified <= since


def select_part(
    conditions: Conditions, etag: bytes, modified: int, size: int
) -> Part | Literal["whole", "unsatisfiable"]:
    """Which bytes a GET receives. Anything but one well-formed range is passed over, as RFC 9110, 14.2
    allows."""
    if conditions.range is None or not _range_holds(conditions.if_range, etag, modified):
        return "whole"
    match = _RANGE.match(conditions.range.strip())
    if match is None or not (match[1] or match[2]):
        return "whole"
    if not match[1]:
        length = min(int(match[2]), size)
        return Part(size - length, length) if length else "unsatisfiable"
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return "whole"
    return "unsatisfiable" if first >= size else Part(first, last - first + 1)


def _range_holds(if_range: bytes | None, etag: bytes, modified: int) -> bool:
    """If-Range compares strongly: a weak tag never holds (13.1.5)."""
    if if_range is None:
        return True
    value = if_range.strip()
    if value.startswith((b'"', b"W/")):
        return value == etag
    return _seconds(value) == modified
