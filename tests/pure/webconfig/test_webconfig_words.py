from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig import windows_join, windows_words

# The first rows are the examples of Microsoft's own page on the rules.
SPLITS = [
    (r'"a b c" d e', ("a b c", "d", "e")),
    (r'"ab\"c" "\\" d', ('ab"c', "\\", "d")),
    (r"a\\\b d\"e\"f\" g h".replace(r"d\"e\"f\"", r'd"e f"g'), ("a\\\\\\b", "de fg", "g", "h")),
    (r"a\\\"b c d", ('a\\"b', "c", "d")),
    (r'a\\\\"b c" d e', ("a\\\\b c", "d", "e")),
    ('a"b"" c d', ('ab" c d',)),
    ("", ()),
    ("  \t ", ()),
    ('""', ("",)),
    ('a "" b', ("a", "", "b")),
    (
        "-m uvicorn  app:app --port %HTTP_PLATFORM_PORT%",
        ("-m", "uvicorn", "app:app", "--port", "%HTTP_PLATFORM_PORT%"),
    ),
    (r'"C:\Program Files\app\run.py" -u', (r"C:\Program Files\app\run.py", "-u")),
    (r"C:\site\ next", ("C:\\site\\", "next")),
    ('"open to the end', ("open to the end",)),
]


@pytest.mark.parametrize(("line", "words"), SPLITS)
def test_splits_by_the_rules_of_the_c_runtime(line: str, words: tuple[str, ...]) -> None:
    assert windows_words(line) == words


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("run.py", "-u"), "run.py -u"),
        (("a b",), '"a b"'),
        (("",), '""'),
        (("C:\\a b\\",), '"C:\\a b\\\\"'),
        (("C:\\site\\",), "C:\\site\\"),
        (('say "hi"',), r'"say \"hi\""'),
    ],
)
def test_joins_with_no_more_quotes_than_needed(words: tuple[str, ...], line: str) -> None:
    assert windows_join(words) == line


@given(st.lists(st.text(st.sampled_from('ab \t"\\%\n'), max_size=8) | st.text(max_size=6), max_size=5))
def test_what_was_joined_splits_into_the_same_words(words: list[str]) -> None:
    assert list(windows_words(windows_join(words))) == words


@given(st.text(st.sampled_from('a "\\\t'), max_size=40))
def test_any_line_splits_and_the_words_survive_a_round(line: str) -> None:
    words = windows_words(line)
    assert windows_words(windows_join(words)) == words


def test_long_runs_of_backslashes_take_linear_time() -> None:
    assert windows_words("\\" * 200_000) == ("\\" * 200_000,)
