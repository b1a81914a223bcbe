"""A line of `log.log`, as the reference has it (2.7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from webstead.site.deploy.kudu_files import log_line
from webstead.site.store.model import EntryType, LogEntry

TIME = datetime(2026, 11, 26, 13, 0, 0, 1200, tzinfo=timezone(timedelta(hours=1)))


def entry(message: str, parent: str = "", kind: EntryType = EntryType.MESSAGE) -> LogEntry:
    return LogEntry("1f", parent, TIME.astimezone(UTC), kind, message)


def test_an_entry_and_one_below_it() -> None:
    assert (
        log_line(entry("Unpacking, quickly")) == "2026-11-26T12:00:00.0012000Z,Unpacking&comma; quickly,1f,0"
    )
    below = log_line(entry("one\ntwo\tthree", parent="2a", kind=EntryType.ERROR))
    assert below == "\t2026-11-26T12:00:00.0012000Z,one\\ntwo three,,2"


@given(st.text())
def test_whatever_is_said_is_one_line_of_four_fields(message: str) -> None:
    line = log_line(entry(message))
    assert len(line.split(",")) == 4
    assert not set("\n\r\t") & set(line)
