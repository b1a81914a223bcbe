"""Lines of the log that come by two ways are told once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.client.logs import Doubles, LogLine, read_line

WELCOME = "2026-11-26T12:00:05  Welcome, you are now connected to log-streaming service."


def line(second: int, message: str, pid: int = 7) -> LogLine:
    return LogLine(f"2026-11-26T12:00:{second:02}", "Information", f"{pid}", message)


def streamed(*lines: LogLine) -> list[LogLine]:
    """As the stream has them: each line of a message by itself."""
    found: list[LogLine] = []
    for each in lines:
        found += [read_line(text) for text in each.text.split("\n")]
    return found


def test_what_was_written_while_both_were_asked_is_told_once() -> None:
    doubles = Doubles()
    before, between, after = line(1, "before"), line(5, "between"), line(6, "after")
    assert list(doubles.missed([before, between], WELCOME)) == [before, between]
    assert list(doubles.new([between, after])) == [after]


def test_the_same_words_again_are_told_again() -> None:
    doubles = Doubles()
    tick = line(5, "tick")
    assert list(doubles.missed([tick, tick], WELCOME)) == [tick, tick]
    assert list(doubles.new([tick, tick, tick])) == [tick]
    assert list(doubles.new([line(8, "tick")])) == [line(8, "tick")]


def test_a_traceback_is_told_once_with_all_its_lines() -> None:
    doubles, raised, other = Doubles(), line(6, "Traceback\n  File\nKeyError: 1"), line(6, "other")
    list(doubles.missed([raised], WELCOME))
    assert list(doubles.new(streamed(raised, other, raised))) == streamed(other, raised)


def test_after_a_break_only_what_was_missed_is_told() -> None:
    doubles = Doubles()
    list(doubles.missed([line(1, "a")], WELCOME))
    list(doubles.new([line(7, "b"), line(7, "c")]))
    newest = [line(1, "a"), line(7, "b"), line(7, "c"), line(7, "c"), line(8, "d")]
    assert list(doubles.missed(newest, "2026-11-26T12:00:09  Welcome")) == [line(7, "c"), line(8, "d")]


def test_what_is_no_line_of_the_app_is_told_as_it_is() -> None:
    text = "2026-11-26 12:00:00 SHOP GET /prices 200"
    assert read_line(text) == LogLine("", "", "", text)
    assert read_line(text).text == text


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_nothing_is_lost_and_nothing_doubled(messages: list[str], begin: int, asked: int) -> None:
    """The stream begins, then the newest lines are asked for, somewhere among what is written."""
    lines = [line(number, text) for number, text in enumerate(messages)]
    begin, asked = sorted((min(begin, len(lines)), min(asked, len(lines))))
    welcome = f"2026-11-26T12:00:{begin:02}  Welcome"
    doubles = Doubles()
    told = [*doubles.missed(lines[:asked], welcome), *doubles.new(lines[begin:])]
    assert told == lines


@given(st.text(max_size=60))
def test_any_text_is_a_line(text: str) -> None:
    found = read_line(text)
    assert found.message in text
