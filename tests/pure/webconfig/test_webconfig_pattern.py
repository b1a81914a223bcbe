from __future__ import annotations

import re
import time

import pytest
import re2
import regex
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig.ecmascript import translate
from webstead.formats.webconfig.pattern import (
    MAX_PATTERN,
    BadPattern,
    ByRe2,
    Linear,
    PatternSyntax,
    PatternTimeout,
    compile_pattern,
)

E: PatternSyntax = "ECMAScript"
W: PatternSyntax = "Wildcard"
X: PatternSyntax = "ExactMatch"


@pytest.mark.parametrize(
    ("syntax", "pattern", "text", "groups"),
    [
        (E, "static", "my/statics", ("static",)),
        (E, "^static/(.*)$", "static/a/b", ("static/a/b", "a/b")),
        (E, "^static/(.*)$", "x/static/a", None),
        (E, "^a/", "A/b", ("A/",)),
        (E, "^a$", "ab", None),
        (E, "^a$", "A", ("A",)),
        (E, "^$", "", ("",)),
        (E, "^$", "x", None),
        (E, "(.*)", "a/b", ("a/b", "a/b")),
        (E, ".*", "", ("",)),
        (E, "(.*)", "a\nb", ("a", "a")),
        (E, "^(.*)$", "a\nb", None),
        (E, "a$", "a\n", None),
        (E, r"^server.js\/debug[\/]?", "server.js/debug/", ("server.js/debug/",)),
        (E, r"^a\.b", "axb", None),
        (E, "(a)|(b)", "b", ("b", "", "b")),
        (E, "(?:a)(?<name>b)", "ab", ("ab", "b")),
        (E, "^(?!api)(.*)", "web/x", ("web/x", "web/x")),
        (E, "^(?!api)(.*)", "api/x", None),
        (E, r"(\w)\1", "xaay", ("aa", "a")),
        (E, r"(?<n>a)\k<n>", "aa", ("aa", "a")),
        (E, r"\u0061\x62\cJ", "ab\n", ("ab\n",)),
        (E, "[^]", "\n", ("\n",)),
        (E, "[]", "a", None),
        (E, "x[[&&~]y", "x&y", ("x&y",)),
        (E, r"[\]\-]", "-", ("-",)),
        (E, r"^\d+$", "१", None),
        (E, "é", "É", ("É",)),
        (W, "*.php", "a/b.php", ("a/b.php", "a/b")),
        (W, "*/?.x", "a/b/c.x", ("a/b/c.x", "a/b")),
        (W, "a*b*c", "a1b2b3c", ("a1b2b3c", "1b2", "3")),
        (W, "a", "ab", None),
        (W, "a.b", "axb", None),
        (W, "*", "", ("", "")),
        (W, "*", "a\nb", ("a\nb", "a\nb")),
        (X, "a.b", "A.B", ("A.B",)),
        (X, "a.b", "axb", None),
        (X, "a", "ab", None),
    ],
)
def test_the_three_syntaxes(
    syntax: PatternSyntax, pattern: str, text: str, groups: tuple[str, ...] | None
) -> None:
    assert compile_pattern(pattern, syntax, ignore_case=True).search(text) == groups


@pytest.mark.parametrize("syntax", [E, W, X])
def test_case_counts_when_it_is_asked_for(syntax: PatternSyntax) -> None:
    assert compile_pattern("a", syntax, ignore_case=False).search("A") is None
    assert compile_pattern("a", syntax, ignore_case=False).search("a") == ("a",)


@pytest.mark.parametrize("pattern", ["(", "a)", "*", "[z-a]", "(?<n", r"\2(a)", "a" * (MAX_PATTERN + 1)])
def test_what_no_engine_understands_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(BadPattern) as refused:
        compile_pattern(pattern, E, ignore_case=True)
    assert str(refused.value)


def test_only_patterns_that_need_it_back_track() -> None:
    assert compile_pattern("^(a+)+$", E, ignore_case=True).linear
    assert not compile_pattern("^(?=x)(a+)+$", E, ignore_case=True).linear


@pytest.mark.alone
def test_a_pattern_that_explodes_is_stopped() -> None:
    pattern = compile_pattern(r"^(?=a)(a+)+\1x$", E, ignore_case=False)
    began = time.perf_counter()
    with pytest.raises(PatternTimeout):
        pattern.search("a" * 4000)
    assert time.perf_counter() - began < 2


_PLAIN = st.text(st.sampled_from("ab/.Ks"), max_size=6)


@given(
    anchor=st.sampled_from(["^", ""]),
    literal=_PLAIN,
    tail=st.sampled_from(["", ".*", "(.*)", "$", "(.*)$", ".*$"]),
    text=st.text(st.sampled_from("abAB/.kK\n\N{KELVIN SIGN}\N{LATIN SMALL LETTER LONG S}"), max_size=8),
    ignore_case=st.booleans(),
)
def test_the_short_way_for_plain_text_agrees_with_the_engine(
    anchor: str, literal: str, tail: str, text: str, ignore_case: bool
) -> None:
    pattern = anchor + literal.replace(".", r"\.") + tail
    plain = Linear(translate(pattern, "re2"), ignore_case)
    engine = ByRe2(plain, plain)
    assert compile_pattern(pattern, E, ignore_case=ignore_case).search(text) == engine.search(text)


_PIECES = st.sampled_from(
    [
        "a",
        "b",
        "/",
        ".",
        "*",
        "+",
        "?",
        "|",
        "(",
        ")",
        "(?:",
        "(?=",
        "(?!",
        "(?<x>",
        "[",
        "]",
        "[^",
        "^",
        "$",
        "\\d",
        "\\w",
        "\\1",
        "\\/",
        "\\h",
        "{2}",
        "{",
        "}",
        "-",
        "\\",
        "\\b",
        "\\u0041",
        "\\cA",
        "&&",
        "[]",
        "[^]",
        "\\k<x>",
        "é",
        "#",
        " ",
    ]
)


@given(st.lists(_PIECES, max_size=10).map("".join), st.text(st.sampled_from("ab/1\n "), max_size=12))
def test_any_pattern_compiles_or_is_refused_and_its_searches_end(pattern: str, text: str) -> None:
    for syntax in (E, W, X):
        try:
            compiled = compile_pattern(pattern, syntax, ignore_case=True)
        except BadPattern:
            continue
        try:
            groups = compiled.search(text)
        except PatternTimeout:
            assert not compiled.linear
            continue
        assert groups is None or groups[0] in text


_SAFE = st.recursive(
    st.sampled_from(["a", "b", "/", ".", "[ab]", "[^a]", "a*", "b+", "a?", "^", "$", r"\/"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
        | st.lists(inner, min_size=1, max_size=3).map("".join)
    ),
    max_leaves=6,
)


@given(_SAFE, st.text(st.sampled_from("ab/"), max_size=8))
def test_both_engines_give_the_answer_of_a_third(pattern: str, text: str) -> None:
    """Python's own engine has ECMAScript's rules on this subset."""
    found = re.search(pattern.replace("$", r"\Z"), text)
    expected = None if found is None else found[0]
    linear = re2.search(translate(pattern, "re2"), text)
    tracking = regex.search(translate(pattern, "regex"), text)
    assert (None if linear is None else linear[0]) == expected
    assert (None if tracking is None else tracking[0]) == expected
    assert linear is None or found is None or linear.groups() == found.groups()
