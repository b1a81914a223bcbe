"""Lines of the application log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.site.logs.entries import Entry, entry_line, level_of, newest, read_entries

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_a_line_of_app_service_is_an_entry() -> None:
    (entry,) = read_entries(["2013-12-06T00:29:20  PID[20108] Warning     this is a warning\r\n"])
    assert entry == Entry(datetime(2013, 12, 6, 0, 29, 20, tzinfo=UTC), "Warning", 20108, "this is a warning")


def test_lines_that_begin_no_entry_go_on_with_the_one_before() -> None:
    lines = [
        "lost\n",
        entry_line(Entry(NOW, "Error", 1, "a\n  b")),
        "\n",
        "2013-99-06T00:29:20  PID[1] Error no\n",
    ]
    whole = "".join(lines).splitlines(keepends=True)
    (entry,) = read_entries(whole)
    assert entry.message == "a\n  b\n\n2013-99-06T00:29:20  PID[1] Error no"


@given(
    st.integers(0, 2**31),
    st.sampled_from(["Verbose", "Information", "Warning", "Error"]),
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])).map(str.strip),
)
def test_what_is_written_is_read_again(pid: int, level: str, message: str) -> None:
    entry = Entry(NOW, level, pid, message)
    (found,) = read_entries([entry_line(entry)])
    assert found.message.strip() == message
    assert (found.time, found.level, found.pid) == (entry.time, entry.level, entry.pid)


@given(st.lists(st.text(max_size=80), max_size=20))
def test_any_lines_are_read(lines: list[str]) -> None:
    for entry in read_entries(lines):
        assert entry.time.tzinfo is UTC


def test_the_newest_come_first_and_of_a_second_the_last() -> None:
    entries = [
        Entry(NOW + timedelta(seconds=s), "Information", 1, m)
        for s, m in ((0, "a"), (2, "b"), (2, "c"), (1, "d"))
    ]
    assert [entry.message for entry in newest(entries, 3)] == ["c", "b", "d"]


@pytest.mark.parametrize(
    ("line", "stream", "level"),
    [
        ("hello", "stdout", "Information"),
        ("hello", "stderr", "Information"),
        ("2026-11-26 12:00:00,123 WARNING shop: slow", "stderr", "Warning"),
        ("[INFO] started", "stderr", "Information"),
        ("DEBUG:root:x", "stderr", "Verbose"),
        ("CRITICAL out of memory", "stdout", "Error"),
        ("Traceback (most recent call last):", "stderr", "Error"),
        ("ValueError: no", "stderr", "Error"),
        ("ValueError: no", "stdout", "Information"),
        (f"{'x' * 100} ERROR", "stdout", "Information"),
    ],
)
def test_the_level_is_what_the_line_says(line: str, stream: str, level: str) -> None:
    assert level_of(line, stream) == level
