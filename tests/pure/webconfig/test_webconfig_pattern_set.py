"""Many patterns asked at once find what each finds alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig.pattern import BadPattern, Linear, PatternSyntax, compile_pattern
from webstead.formats.webconfig.pattern_set import PatternSet

_LETTERS = "a b k K s / . - \\. \\- \\d \\u0061 \\b ( (?: ) | * + ? {2} {0,1} .* (.*) [ab] [^a] ^ $"
_PIECES = st.sampled_from([*_LETTERS.split(), "\u00e9", "\u212a", "\u017f", "\u0130"])
_SYNTAX: st.SearchStrategy[PatternSyntax] = st.sampled_from(["ECMAScript", "Wildcard", "ExactMatch"])


@given(
    drawn=st.lists(st.tuples(st.lists(_PIECES, max_size=6).map("".join), _SYNTAX, st.booleans()), max_size=8),
    text=st.text(st.sampled_from("aAbkK\u212asS\u017fi\u0130/.-éÉ1\n\ud800"), max_size=10),
    before=st.text(st.sampled_from("aK/."), max_size=3),
)
def test_no_pattern_that_matches_is_left_out(
    drawn: list[tuple[str, PatternSyntax, bool]], text: str, before: str
) -> None:
    members: list[tuple[int, Linear]] = []
    matching: set[int] = set()
    for number, (pattern, syntax, ignore_case) in enumerate(drawn):
        try:
            compiled = compile_pattern(pattern, syntax, ignore_case=ignore_case)
        except BadPattern:
            continue
        if compiled.linear is not None:
            members.append((number, compiled.linear))
            matching |= {number} if compiled.search(text) is not None else set()
    patterns = PatternSet(members)
    for whole in (text, f"{before}\n{text}", f"{text}\n{before}", f"{before}\n{text}\n{before}"):
        assert matching <= set(patterns.matching(whole))


def test_only_what_matches_is_found() -> None:
    texts = ("^api/", r"\.php$", "wp-admin", "^[0-9]+$", "^(en|de)/team")
    patterns = PatternSet([(n, Linear(text, ignore_case=True)) for n, text in enumerate(texts)])
    assert list(patterns.matching("API/x.php")) == [0, 1]
    assert list(patterns.matching("x/WP-Admin/y")) == [2]
    assert list(patterns.matching("12")) == [3]
    assert list(patterns.matching("de/team/x")) == [4]
    assert list(patterns.matching("hello")) == []


def test_without_patterns_nothing_matches() -> None:
    assert list(PatternSet([]).matching("x")) == []


def test_a_number_may_have_several_patterns() -> None:
    patterns = PatternSet([(7, Linear("^a", ignore_case=False)), (7, Linear("b$", ignore_case=False))])
    assert list(patterns.matching("a-b")) == [7, 7]


@pytest.mark.parametrize(("count", "length"), [(1200, 20), (40, 8000), (3, 8000)])
def test_more_letters_than_one_filter_holds_are_spread(count: int, length: int) -> None:
    texts = [f"{number:05}-".ljust(length, "x") + f"-{number:05}" for number in range(count)]
    patterns = PatternSet([(n, Linear(text, ignore_case=True)) for n, text in enumerate(texts)])
    for number in (0, count // 2, count - 1):
        assert list(patterns.matching(f"/{texts[number]}/")) == [number]


def test_a_pattern_that_no_filter_takes_is_always_found() -> None:
    assert list(PatternSet([(3, Linear("(", ignore_case=True))]).matching("x")) == [3]
