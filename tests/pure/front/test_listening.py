"""What the front is told of its listening sockets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.listening import Listening, read_listening


@pytest.mark.parametrize(
    ("word", "listening"),
    [
        ("5", Listening(5)),
        ("5,tls", Listening(5, tls=True)),
        ("5,management", Listening(5, view="management")),
        ("5,tls,management", Listening(5, tls=True, view="management")),
        ("5,sites", Listening(5)),
    ],
)
def test_a_word(word: str, listening: Listening) -> None:
    assert read_listening(word) == listening


@pytest.mark.parametrize("word", ["", "x", "5,", "5,other", "5,management,tls", "5,tls,tls", "5,sites,sites"])
def test_anything_else_is_refused(word: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of any kind: the front does not start
        read_listening(word)


@given(st.text(max_size=20))
def test_any_text_is_a_listening_socket_or_refused(word: str) -> None:
    try:
        read_listening(word)
    except ValueError:
        return
