"""Conditional requests: pure decisions on header values (RFC 9110, sections 8.8 and 13)."""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass
from email.utils import parsedate
from typing import Literal

__all__ = ["CONDITIONAL", "Conditions", "Verdict", "etag_of", "http_date", "judge", "range_holds"]

Verdict = Literal["send", "unchanged", "failed"]
"""What the conditions make of a GET or HEAD: answer it, 304, 412."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_SECONDS_A_DAY = 86400
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


CONDITIONAL = frozenset(
    {b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"range", b"if-range"}
)
"""The headers of a request that bear on whether, and which part of, a file is sent."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Their values. Absent is None."""

    if_match: bytes | None = None
    if_none_match: bytes | None = None
    if_modified_since: bytes | None = None
    if_unmodified_since: bytes | None = None
    range: bytes | None = None
    if_range: bytes | None = None


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


def _seconds(date: bytes | None) -> int | None:
    """An HTTP date in any of its three forms, as seconds; None when it is none."""
    if date is None:
        return None
    try:
        parts = parsedate(date.decode("latin-1"))
        return None if parts is None else timegm(parts)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def judge(conditions: Conditions, etag: bytes | None, modified: int) -> Verdict:
    """In the order of 13.2.2: a condition on a tag makes the one on a date void. etag: of what would be sent,
    None when it has none. A date that is none is passed over."""
    if conditions.if_match is not None:
        if not _lists(conditions.if_match, etag, weakly=False):
            return "failed"
    elif (limit := _seconds(conditions.if_unmodified_since)) is not None and modified > limit:
        return "failed"
    if conditions.if_none_match is not None:
        return "unchanged" if _lists(conditions.if_none_match, etag, weakly=True) else "send"
    since = _seconds(conditions.if_modified_since)
    return "unchanged" if since is not None and modified <= since else "send"


def _lists(listed: bytes, etag: bytes | None, *, weakly: bool) -> bool:
    """Whether a list of tags has this one; `*` has all (13.1.1, 13.1.2)."""
    return listed.strip() == b"*" or any(
        tag == etag and (weakly or not weak) for weak, tag in _TAG.findall(listed)
    )


def range_holds(if_range: bytes | None, etag: bytes | None, modified: int) -> bool:
    """Whether Range counts. If-Range compares strongly: a weak tag never holds (13.1.5)."""
    if if_range is None:
        return True
    value = if_range.strip()
    return value == etag if value.startswith((b'"', b"W/")) else _seconds(value) == modified
