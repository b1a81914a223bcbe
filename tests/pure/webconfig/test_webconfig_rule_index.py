"""The index of rules leaves out what cannot fire, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig import Request, Site
from webstead.formats.webconfig.model import Origin
from webstead.formats.webconfig.pattern import PatternSyntax, compile_pattern
from webstead.formats.webconfig.rule_index import RuleIndex, subject_of
from webstead.formats.webconfig.rules import Action, Condition, Rule, UrlMatch
from webstead.formats.webconfig.variables import Captures, parse_template


def _rule(
    pattern: str,
    *conditions: Condition,
    name: str = "",
    negate: bool = False,
    syntax: PatternSyntax = "ECMAScript",
    match_any: bool = False,
) -> Rule:
    match = UrlMatch(pattern, compile_pattern(pattern, syntax, ignore_case=True), True, negate)
    origin = Origin("web.config", 1)
    return Rule(name or pattern, match, Action(), origin, syntax, conditions, any_condition=match_any)


def _condition(text: str, pattern: str, *, negate: bool = False) -> Condition:
    compiled = compile_pattern(pattern, "ECMAScript", ignore_case=True)
    return Condition(parse_template(text), "Pattern", pattern, compiled, True, negate)


IS_FILE = Condition(parse_template("{REQUEST_FILENAME}"), "IsFile", "", None)
SHOP = _condition("{HTTP_HOST}", "^shop")
OLD = _condition("{QUERY_STRING}", "^id=([0-9]+)$")


def _asked(path: str, query: str = "", host: str = "www.example.org") -> Captures:
    request = Request("GET", path, path, query, "http", host, 80, "192.0.2.7", {"host": host})
    return Captures(request, path, query)


def _found(rules: Sequence[tuple[str, Rule]], path: str, query: str = "", host: str = "www") -> list[str]:
    return [rules[number][1].name for number in RuleIndex(rules).candidates(_asked(path, query, host))]


def test_candidates_come_in_the_order_of_the_rules() -> None:
    patterns = (r"\.php$", "(.*)", "^api/", "never", "^a", "^$", "(x|y)")
    rules = [("", _rule(pattern)) for pattern in patterns]
    assert _found(rules, "/API/x.php") == [r"\.php$", "(.*)", "^api/", "^a", "(x|y)"]
    assert _found(rules, "/x") == ["(.*)", "(x|y)"]


@pytest.mark.parametrize("rule", [_rule("^api/", negate=True), _rule("^(?!x)"), _rule(".*")])
def test_what_a_pattern_does_not_decide_is_always_a_candidate(rule: Rule) -> None:
    assert _found([("", rule)], "/x") == [rule.name]


def test_each_folder_s_rules_look_at_their_part_of_the_path() -> None:
    rules = [("", _rule("^sub/api")), ("sub", _rule("^api")), ("other", _rule("^api"))]
    assert _found(rules[:2], "/SUB/api/x") == ["^sub/api", "^api"]
    assert _found(rules[2:], "/sub/api/x") == []
    assert _found(rules[:2], "/x") == []
    assert subject_of("/sub", "sub") == ""
    assert subject_of("/subway/x", "sub") is None


@pytest.mark.parametrize(
    ("rule", "host", "query", "found"),
    [
        (_rule("(.*)", SHOP), "www", "", False),
        (_rule("(.*)", SHOP), "shop.example", "", True),
        (_rule("(.*)", IS_FILE, SHOP), "www", "", True),  # what stands on the disk is asked first
        (_rule("(.*)", SHOP, IS_FILE), "www", "", False),
        (_rule("(.*)", _condition("{HTTP_HOST}", "^www", negate=True), OLD), "www", "x", False),
        (_rule("(.*)", _condition("{HTTP_HOST}", "^www", negate=True)), "www", "", True),
        (_rule("(.*)", _condition("{Map:{URL}}", "."), SHOP), "www", "", True),  # there may be no such map
        (_rule("(.*)", _condition("{HTTP_COOKIE}", "x"), SHOP), "www", "", True),
        (_rule("(.*)", _condition("{HTTP_HOST}", "^(?=shop)")), "www", "", True),
        (_rule("^(?!x)", SHOP), "www", "", True),
        (_rule("(.*)", SHOP, OLD, match_any=True), "www", "x", False),
        (_rule("(.*)", SHOP, OLD, match_any=True), "www", "id=1", True),
        (_rule("(.*)", SHOP, OLD, match_any=True), "shop", "id=1", True),
        (_rule("(.*)", SHOP, IS_FILE, match_any=True), "www", "", True),
        (_rule("(.*)", SHOP, _condition("{HTTPS}", "on", negate=True), match_any=True), "www", "", True),
    ],
)
def test_a_condition_decides_where_the_pattern_does_not(
    rule: Rule, host: str, query: str, found: bool
) -> None:
    assert bool(_found([("", rule)], "/a", query, host)) == found


SHAPES = ["^old/page-{}$", "^area-{}/(.*)", "legacy-{}-page", r"\.ext{}$", "^(old|new)/page-{}"]


@pytest.mark.parametrize("pattern", SHAPES)
@pytest.mark.parametrize("path", ["/", "/hello", "/blog/2024/a-page-of-mine.html", "/ünï/page"])
def test_five_hundred_rules_that_do_not_match_are_not_looked_at(pattern: str, path: str) -> None:
    rules = [("", _rule(pattern.format(number))) for number in range(1000, 1500)]
    assert _found(rules, path) == []
    hit = pattern.format(1250).strip("^$").replace("(.*)", "x").replace("\\", "")
    assert _found(rules, "/" + hit.replace("(old|new)", "new")) == [pattern.format(1250)]


_MATCHES = st.sampled_from(
    ["(.*)", "^a", "^a/b", "b$", "ab/", "^(a|b)/", "^a/(b.*)/$", "/b/", "aab", "^$", "a.*b/a", "^(?=a)"]
)


@given(
    drawn=st.lists(st.tuples(st.sampled_from(["", "a", "b/a"]), _MATCHES, st.booleans()), max_size=12),
    path=st.text(st.sampled_from("ab/A"), max_size=9),
)
def test_no_rule_that_matches_is_left_out(drawn: list[tuple[str, str, bool]], path: str) -> None:
    rules = [(folder, _rule(pattern, negate=negate)) for folder, pattern, negate in drawn]
    found = list(RuleIndex(rules).candidates(_asked("/" + path)))
    assert found == sorted(set(found))
    for number, (folder, rule) in enumerate(rules):
        subject = subject_of("/" + path, folder)
        if subject is not None and (rule.match.pattern.search(subject) is None) == rule.match.negate:
            assert number in found


def _path_after(site: Site, visit: Callable[..., object], url: str) -> str:
    return repr(visit(site, url))


def test_a_rule_further_down_is_found_for_what_one_above_has_made(
    rules: Callable[[str], Site], visit: Callable[..., object]
) -> None:
    text = "".join(
        f'<rule name="r{n}"><match url="^step-{n}$"/><action type="Rewrite" url="step-{n + 1}"/></rule>'
        for n in range(30)
    )
    assert "path='/step-30'" in _path_after(rules(text), visit, "/step-0")
    assert "path='/step-30'" in _path_after(rules(text), visit, "/step-29")
    backwards = '<rule name="b"><match url="^b$"/><action type="Rewrite" url="a"/></rule>'
    forwards = '<rule name="a"><match url="^a$"/><action type="Rewrite" url="c"/></rule>'
    assert "path='/a'" in _path_after(rules(forwards + backwards), visit, "/b")


def test_a_rule_is_found_for_the_query_and_the_host_that_one_above_has_made(
    site: Callable[[dict[str, str]], Site], visit: Callable[..., object]
) -> None:
    made = site(
        {
            "": "<system.webServer><rewrite><allowedServerVariables><add name='HTTP_HOST'/>"
            "</allowedServerVariables><rules>"
            '<rule name="q"><match url="^a$"/><action type="Rewrite" url="a?id=7"/></rule>'
            '<rule name="h"><match url=".*"/><conditions><add input="{QUERY_STRING}" pattern="^id=7$"/>'
            '</conditions><serverVariables><set name="HTTP_HOST" value="shop"/></serverVariables>'
            '<action type="None"/></rule>'
            '<rule name="s"><match url=".*"/><conditions><add input="{HTTP_HOST}" pattern="^shop$"/>'
            '</conditions><action type="Rewrite" url="found"/></rule>'
            "</rules></rewrite></system.webServer>"
        }
    )
    assert "path='/found'" in _path_after(made, visit, "/a")
    assert "path='/b'" in _path_after(made, visit, "/b")
