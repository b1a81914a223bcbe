from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.host.lines import KEPT_LINES, LONGEST_LINE, LineSplitter, Tail


def lines_of(*chunks: bytes) -> list[str]:
    splitter = LineSplitter()
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.close()


def test_lines_come_whole_and_without_their_ends() -> None:
    assert lines_of(b"a\nb", b"c\r\n\nd") == ["a", "bc", "", "d"]


def test_no_output_is_no_line() -> None:
    assert lines_of() == lines_of(b"") == []


def test_bytes_that_are_not_utf_8_are_replaced() -> None:
    assert lines_of(b"caf\xe9\n") == ["caf\N{REPLACEMENT CHARACTER}"]


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    (line,) = lines_of(*[b"x" * 1000] * 20, b"\n")
    assert line.startswith("x" * LONGEST_LINE + " ")
    assert line.endswith(f"[cut: {20_000 - LONGEST_LINE} more bytes]")


def test_memory_stays_bounded_while_a_line_has_no_end() -> None:
    splitter = LineSplitter()
    for _ in range(100):
        assert splitter.feed(b"x" * 65536) == []
        assert len(splitter._head) <= LONGEST_LINE


def test_a_long_line_of_exactly_the_limit_is_whole() -> None:
    assert lines_of(b"x" * LONGEST_LINE + b"\n") == ["x" * LONGEST_LINE]


@given(st.binary(max_size=300))
def test_one_byte_at_a_time_gives_the_same_lines(data: bytes) -> None:
    assert lines_of(*(data[i : i + 1] for i in range(len(data)))) == lines_of(data)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=50)))
def test_written_lines_are_read_back(lines: list[str]) -> None:
    assert lines_of("".join(f"{line}\n" for line in lines).encode()) == lines


def test_the_tail_keeps_the_last_lines() -> None:
    tail = Tail()
    for number in range(KEPT_LINES + 5):
        tail.add(str(number))
    assert tail() == tuple(str(n) for n in range(5, KEPT_LINES + 5))
