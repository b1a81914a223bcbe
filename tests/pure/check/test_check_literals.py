"""What a pattern cannot match without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.check.literals import Literal, fold, literal_of
from webstead.formats.webconfig.pattern import BadPattern, PatternSyntax, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("^api/(.*)", "^api/"),
        ("^API/", "^api/"),
        ("^a", "^a"),
        ("^(blog)/(.*)", "^blog/"),
        ("^(?:blog)/x+y", "^blog/x"),
        (r"^robots\.txt$", "^robots.txt"),
        ("^colou?r", "^colo"),
        ("^a*bcd", "bcd"),
        ("^a{0}bcd", "bcd"),
        ("^a{,2}bcd", None),
        ("^ab{2,}c", "^ab"),
        ("^a{x}bcd", None),
        ("^a+?b", None),
        (r"\.php$", ".php"),
        ("static", "static"),
        ("x(wp-admin)?(login)", "login"),
        ("(a|b)/page", "/page"),
        ("^(a|b)/page", "/page"),
        ("^é/page", "/page"),
        ("^a^b", "^a"),
        ("^*abc", "abc"),
        ("[abc]def[^]ghij", "ghij"),
        ("", None),
        ("(.*)", None),
        ("^$", None),
        ("ab", None),
        ("^abc|^def", None),
        ("(?i)abc", None),
        ("abc(?=d)", None),
        ("(?<name>abc)", None),
        (r"\u0041bcd", None),
        (r"\x41bcd", None),
        (r"(abc)\1", None),
        (r"\dabc\b", "abc"),
        ("abc[", None),
        ("abc)", None),
        ("(abc", None),
    ],
)
def test_the_literal_of_an_ecmascript_pattern(pattern: str, literal: str | None) -> None:
    assert literal_of(pattern, "ECMAScript") == _literal(literal)


def _literal(text: str | None) -> Literal | None:
    return None if text is None else Literal(text.removeprefix("^"), text.startswith("^"))


@pytest.mark.parametrize(
    ("pattern", "syntax", "literal"),
    [
        ("Api/*", "Wildcard", "^api/"),
        ("*.php", "Wildcard", ".php"),
        ("a?c", "Wildcard", "^a"),
        ("*", "Wildcard", None),
        ("a.(b)*", "ExactMatch", "^a.(b)*"),
        ("", "ExactMatch", None),
    ],
)
def test_the_literal_of_the_other_syntaxes(pattern: str, syntax: PatternSyntax, literal: str | None) -> None:
    assert literal_of(pattern, syntax) == _literal(literal)


_ASCII_PIECES = (
    "a b k K s / . - \\. \\- \\d \\u0061 \\b \\1 ( (?: (?= (?! ) | * + ? {2} {0,1} {,1} { } .* [ab] [^a] ^ $"
)
_PIECES = st.sampled_from([*_ASCII_PIECES.split(), "\u00e9", "\u212a", "\u017f"])


@given(
    pattern=st.lists(_PIECES, max_size=8).map("".join),
    syntax=st.sampled_from(["ECMAScript", "Wildcard", "ExactMatch"]),
    ignore_case=st.booleans(),
    text=st.text(st.sampled_from("aAbkK\u212asS\u017f/.-éÉ12"), max_size=10),
)
def test_a_text_without_the_literal_is_not_matched(
    pattern: str, syntax: PatternSyntax, ignore_case: bool, text: str
) -> None:
    literal = literal_of(pattern, syntax)
    if literal is None:
        return
    try:
        compiled = compile_pattern(pattern, syntax, ignore_case=ignore_case)
    except BadPattern:
        return
    folded = fold(text)
    if compiled.search(text) is not None:
        assert folded.startswith(literal.text) if literal.at_start else literal.text in folded
