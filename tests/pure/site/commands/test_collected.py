"""What a command writes, held within bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.site.commands.output import Collected


@given(st.lists(st.text(max_size=20), max_size=30))
def test_what_is_short_is_told_whole(pieces: list[str]) -> None:
    collected = Collected(10_000)
    for piece in pieces:
        collected.add(piece.encode())
    assert collected.text() == "".join(pieces)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=50))
def test_of_what_is_long_the_beginning_and_the_end_stay_and_the_rest_is_counted(sizes: list[int]) -> None:
    collected, whole = Collected(20), ""
    for number, size in enumerate(sizes):
        piece = chr(ord("a") + number % 26) * size
        whole += piece
        collected.add(piece.encode())
    text = collected.text()
    if len(whole) <= 20:
        assert text == whole
    else:
        assert text.startswith(whole[:10])
        assert text.endswith(whole[-10:])
        assert f"{len(whole) - 20:,} bytes are left out" in text


def test_a_letter_that_is_cut_in_two_is_no_failure() -> None:
    collected = Collected(3)
    collected.add("ääää".encode())
    assert "left out" in collected.text()
