"""Which line of a failed step's output is shown first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.steps import last_words


@pytest.mark.parametrize(
    ("tail", "told"),
    [
        ([], ""),
        (["", "  "], ""),
        (["one", "two", ""], "two"),
        (["RuntimeError: no such column", "  Applying shop.0001_initial..."], "RuntimeError: no such column"),
        (["django.core.exceptions.ImproperlyConfigured: no key", "bye"], None),
        (["ValueError: first", "KeyError: 'second'"], "KeyError: 'second'"),
        (["Errors were found", "see above"], "see above"),
    ],
)
def test_an_exception_tells_more_than_what_comes_after_it(tail: list[str], told: str | None) -> None:
    assert last_words(tail) == (tail[0] if told is None else told)


@given(st.lists(st.text(max_size=30)))
def test_it_is_always_a_line_of_the_output(tail: list[str]) -> None:
    assert last_words(tail) in ["", *(line.strip() for line in tail)]
