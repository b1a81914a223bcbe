"""What a pattern cannot match without, and the index that is built of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig import Site
from webstead.formats.webconfig.literals import Literal, fold, literal_of
from webstead.formats.webconfig.model import Origin
from webstead.formats.webconfig.pattern import BadPattern, PatternSyntax, compile_pattern
from webstead.formats.webconfig.rule_index import RuleIndex, subject_of
from webstead.formats.webconfig.rules import Action, Rule, UrlMatch


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


# The index


def _rule(pattern: str, *, negate: bool = False, syntax: PatternSyntax = "ECMAScript") -> Rule:
    match = UrlMatch(pattern, compile_pattern(pattern, syntax, ignore_case=True), True, negate)
    return Rule(pattern, match, Action(), Origin("web.config", 1), syntax)


def _found(rules: Sequence[tuple[str, Rule]], path: str) -> list[str]:
    return [rules[number][1].name for number in RuleIndex(rules).candidates(path)]


def test_candidates_come_in_the_order_of_the_rules() -> None:
    patterns = (r"\.php$", "(.*)", "^api/", "never", "^a", "^$", "(x|y)")
    rules = [("", _rule(pattern)) for pattern in patterns]
    assert _found(rules, "/API/x.php") == [r"\.php$", "(.*)", "^api/", "^a", "^$", "(x|y)"]
    assert _found(rules, "/x") == ["(.*)", "^$", "(x|y)"]


def test_a_short_path_finds_each_rule_once() -> None:
    rules = [("", _rule(pattern)) for pattern in ("^a", "^a/b", "^a/b/c")]
    assert _found(rules, "/a") == ["^a"]
    assert _found(rules, "/a/b") == ["^a", "^a/b"]


def test_a_negated_rule_is_always_a_candidate() -> None:
    assert _found([("", _rule("^api/", negate=True))], "/x") == ["^api/"]


def test_each_folder_s_rules_look_at_their_part_of_the_path() -> None:
    rules = [("", _rule("^sub/api")), ("sub", _rule("^api")), ("other", _rule("^sub"))]
    assert _found(rules, "/SUB/api/x") == ["^sub/api", "^api"]
    assert _found(rules, "/api") == []
    assert subject_of("/sub", "sub") == ""
    assert subject_of("/subway/x", "sub") is None


@pytest.mark.parametrize(
    "pattern", ["^old/page-{}$", "^area-{}/(.*)", "legacy-{}-page", r"\.ext{}$", "^(old|new)/page-{}"]
)
@pytest.mark.parametrize("path", ["/", "/hello", "/blog/2024/a-page-of-mine.html", "/ünï/page"])
def test_five_hundred_rules_that_do_not_match_are_not_looked_at(pattern: str, path: str) -> None:
    rules = [("", _rule(pattern.format(number))) for number in range(1000, 1500)]
    assert _found(rules, path) == []
    hit = "/" + pattern.format(1250).strip("^$").replace("(.*)", "x").replace("\\", "").replace(
        "(old|new)", "new"
    )
    found = _found(rules, hit)
    assert pattern.format(1250) in found
    assert len(found) < 25


_MATCHES = st.sampled_from(
    ["(.*)", "^a", "^a/b", "b$", "ab/", "^(a|b)/", "^a/(b.*)/$", "/b/", "aab", "^$", "a.*b/a", "^[ab]/a"]
)


@given(
    drawn=st.lists(st.tuples(st.sampled_from(["", "a", "b/a"]), _MATCHES, st.booleans()), max_size=12),
    path=st.text(st.sampled_from("ab/A"), max_size=9),
)
def test_no_rule_that_matches_is_left_out(drawn: list[tuple[str, str, bool]], path: str) -> None:
    rules = [(folder, _rule(pattern, negate=negate)) for folder, pattern, negate in drawn]
    found = list(RuleIndex(rules).candidates("/" + path))
    assert found == sorted(set(found))
    for number, (folder, rule) in enumerate(rules):
        subject = subject_of("/" + path, folder)
        if subject is not None and (rule.match.pattern.search(subject) is None) == rule.match.negate:
            assert number in found


def test_a_rule_further_down_is_found_for_what_one_above_has_made(
    rules: Callable[[str], Site], visit: Callable[..., object]
) -> None:
    text = "".join(
        f'<rule name="r{n}"><match url="^step-{n}$"/><action type="Rewrite" url="step-{n + 1}"/></rule>'
        for n in range(30)
    )
    assert "path='/step-30'" in repr(visit(rules(text), "/step-0"))
    assert "path='/step-30'" in repr(visit(rules(text), "/step-29"))
    backwards = '<rule name="b"><match url="^b$"/><action type="Rewrite" url="a"/></rule>'
    forwards = '<rule name="a"><match url="^a$"/><action type="Rewrite" url="c"/></rule>'
    assert "path='/a'" in repr(visit(rules(forwards + backwards), "/b"))
