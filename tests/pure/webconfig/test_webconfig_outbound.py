"""Outbound rules: what they look at, when they fire, and what they make of a response."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from webstead.errors import ConfigError
from webstead.formats.webconfig import Request, Site
from webstead.formats.webconfig.outbound import Outgoing
from webstead.formats.webconfig.schema.outbound import OUTBOUND_RULES
from webstead.formats.webconfig.variables import Captures

SiteOf = Callable[[Mapping[str, str]], Site]

REQUEST = Request(
    "GET",
    "/shop?a=1",
    "/shop",
    "a=1",
    "https",
    "www.test",
    443,
    "192.0.2.7",
    {"host": "www.test", "x-a": "b"},
)


def outgoing(site: SiteOf, body: str, status: int = 200, **headers: str) -> Outgoing:
    text = f"<system.webServer><rewrite><outboundRules>{body}</outboundRules></rewrite></system.webServer>"
    rules = site({"": text}).of(OUTBOUND_RULES, "/")
    response = {name.replace("_", "-"): value for name, value in headers.items()} | {"status": str(status)}
    return Outgoing.of(rules, Captures(REQUEST, "/shop", "a=1"), lambda path: "none", response)


def rule(match: str, action: str, more: str = "", attributes: str = "") -> str:
    return f'<rule name="R" {attributes}><match {match}/>{more}<action type="Rewrite" {action}/></rule>'


# Headers


@pytest.mark.parametrize(
    ("match", "action", "before", "after"),
    [
        (
            'serverVariable="RESPONSE_Location" pattern="^http://[^/]+/(.*)"',
            'value="https://{HTTP_HOST}/{R:1}"',
            [("location", "http://inner:80/x")],
            [("location", "https://www.test/x")],
        ),
        (
            'serverVariable="RESPONSE_Strict_Transport_Security" pattern=".*"',
            'value="max-age=1"',
            [],
            [("strict-transport-security", "max-age=1")],
        ),
        ('serverVariable="RESPONSE_SERVER" pattern=".+"', 'value=""', [("server", "x")], []),
        ('serverVariable="RESPONSE_X" pattern=".+"', 'value="y"', [], []),
        ('serverVariable="RESPONSE_X" pattern=".*"', 'value="y" replace="false"', [("x", "z")], [("x", "z")]),
        ('serverVariable="RESPONSE_X" pattern=".*"', 'value="y" replace="false"', [], [("x", "y")]),
        (
            'serverVariable="RESPONSE_Set_Cookie" pattern="(.*)"',
            'value="{R:1}; SameSite=Lax"',
            [("set-cookie", "a=1"), ("x", "1"), ("set-cookie", "b=2")],
            [("x", "1"), ("set-cookie", "a=1; SameSite=Lax"), ("set-cookie", "b=2; SameSite=Lax")],
        ),
        ('serverVariable="RESPONSE_X" pattern="a" negate="true"', 'value="n"', [("x", "b")], [("x", "n")]),
        ('serverVariable="RESPONSE_X" pattern="a" negate="true"', 'value="n"', [("x", "a")], [("x", "a")]),
        ('serverVariable="RESPONSE_X" pattern="A"', 'value="n"', [("x", "a")], [("x", "n")]),
        (
            'serverVariable="RESPONSE_X" pattern="A" ignoreCase="false"',
            'value="n"',
            [("x", "a")],
            [("x", "a")],
        ),
        (
            'serverVariable="RESPONSE_X" pattern="(.*)"',
            'value="{QUERY_STRING}&#10;X: y"',
            [("x", "a")],
            [("x", "a=1X: y")],
        ),
    ],
)
def test_headers(
    site: SiteOf, match: str, action: str, before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    assert outgoing(site, rule(match, action)).new_headers(before) == after


def test_a_rule_sees_what_the_one_before_has_made(site: SiteOf) -> None:
    first = rule('serverVariable="RESPONSE_X" pattern="^a$"', 'value="b"')
    second = rule('serverVariable="RESPONSE_X" pattern="^b$"', 'value="c"').replace('"R"', '"S"')
    assert outgoing(site, first + second).new_headers([("x", "a")]) == [("x", "c")]


def test_a_rule_without_an_action_changes_nothing(site: SiteOf) -> None:
    text = '<rule name="R"><match serverVariable="RESPONSE_X" pattern=".*"/><action type="None"/></rule>'
    assert outgoing(site, text).new_headers([("x", "a")]) == [("x", "a")]


# Tags


@pytest.mark.parametrize(
    ("names", "tag", "changed"),
    [
        ("A", ("a", "href"), True),
        ("A", ("img", "src"), False),
        ("a, IMG", ("img", "src"), True),
        ("Img", ("img", "longdesc"), True),
        ("Form", ("form", "action"), True),
        ("Script,Link", ("link", "href"), True),
    ],
)
def test_tags_are_chosen_by_name(site: SiteOf, names: str, tag: tuple[str, str], changed: bool) -> None:
    found = outgoing(site, rule(f'filterByTags="{names}" pattern="^/old/(.*)"', 'value="/new/{R:1}"'))
    assert (found.new_url(tag, "/old/x") == "/new/x") is changed
    assert (tag in found.wanted_tags) is changed


def test_the_whole_value_is_replaced_and_the_next_rule_looks_at_that(site: SiteOf) -> None:
    first = rule('filterByTags="A" pattern="old"', 'value="/new"')
    second = rule('filterByTags="A" pattern="^/new$"', 'value="/newer"').replace('"R"', '"S"')
    assert outgoing(site, first + second).new_url(("a", "href"), "/very/old/x") == "/newer"
    stopping = first.replace('name="R"', 'name="R" stopProcessing="true"')
    assert outgoing(site, stopping + second).new_url(("a", "href"), "/very/old/x") == "/new"


def test_tags_of_ones_own(site: SiteOf) -> None:
    tags = '<customTags><tags name="Mine"><tag name="Video" attribute="Poster"/></tags></customTags>'
    found = outgoing(
        site, tags + rule('filterByTags="CustomTags" customTags="mine" pattern="a"', 'value="b"')
    )
    assert found.new_url(("video", "poster"), "a") == "b"


# Bodies


@pytest.mark.parametrize(
    ("match", "action", "before", "after"),
    [
        (
            'pattern="http://inner(:\\d+)?"',
            'value="https://{HTTP_HOST}"',
            "a http://inner:80/x http://inner/y",
            "a https://www.test/x https://www.test/y",
        ),
        ('pattern="a" occurrences="2"', 'value="b"', "aaaa", "bbaa"),
        ('filterByTags="None" pattern="(a)(b)?"', 'value="[{R:2}{R:1}]"', "ab a", "[ba] [a]"),
        ('pattern="x*"', 'value="-"', "ab", "-a-b-"),
        ('pattern="(?=b)"', 'value="-"', "ab", "a-b"),
        ('pattern="ä"', 'value="ö"', "bäb", "böb"),
    ],
)
def test_bodies(site: SiteOf, match: str, action: str, before: str, after: str) -> None:
    found = outgoing(site, rule(match, action))
    assert found.new_body(before) == after
    assert found.slow == []


def test_an_exact_text_in_a_body(site: SiteOf) -> None:
    found = outgoing(site, rule('pattern="a.b (c)"', 'value="!"', attributes='patternSyntax="ExactMatch"'))
    assert found.new_body("a.b (c) axb (c)") == "! axb (c)"


def test_a_pattern_that_takes_too_long_changes_nothing_and_is_told(site: SiteOf) -> None:
    found = outgoing(site, rule('pattern="^(?=a)(a+)+\\1x$"', 'value="!"'))
    text = "a" * 5000
    assert found.new_body(text) == text
    assert found.slow == ["R"]


# Preconditions and conditions


BEFORE = """<preConditions><preCondition name="IsHTML" logicalGrouping="{}">
<add input="{{RESPONSE_CONTENT_TYPE}}" pattern="^text/html"/><add input="{{RESPONSE_STATUS}}" pattern="^2"/>
</preCondition></preConditions>"""


@pytest.mark.parametrize(
    ("grouping", "kind", "status", "holds"),
    [
        ("MatchAll", "text/html; charset=utf-8", 200, True),
        ("MatchAll", "text/html", 404, False),
        ("MatchAll", "image/png", 200, False),
        ("MatchAny", "image/png", 200, True),
        ("MatchAny", "image/png", 404, False),
    ],
)
def test_a_precondition_is_asked_of_the_response(
    site: SiteOf, grouping: str, kind: str, status: int, holds: bool
) -> None:
    text = BEFORE.format(grouping) + rule(
        'filterByTags="A" pattern="a"', 'value="b"', attributes='preCondition="ishtml"'
    )
    found = outgoing(site, text, status, content_type=kind)
    assert (found.new_url(("a", "href"), "a") == "b") is holds
    assert bool(found.tags) is holds


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('<add input="{R:1}" pattern="^x$"/>', True),
        ('<add input="{R:1}" pattern="^y$"/>', False),
        ('<add input="{HTTP_X_A}" pattern="b" negate="true"/>', False),
        ('<add input="{RESPONSE_X_B}" pattern="^c$"/>', True),
        ('<add input="{HTTPS}" pattern="^ON$"/>', True),
    ],
)
def test_conditions_of_a_rule(site: SiteOf, condition: str, holds: bool) -> None:
    text = rule('filterByTags="A" pattern="^(.)"', 'value="{C:0}!"', f"<conditions>{condition}</conditions>")
    made = outgoing(site, text, x_b="c").new_url(("a", "href"), "xyz")
    assert (made != "xyz") is holds


def test_a_rule_that_is_off_is_no_rule(site: SiteOf) -> None:
    assert not outgoing(
        site, rule('filterByTags="A" pattern="a"', 'value="b"', attributes='enabled="false"')
    ).tags


# Refusals


@pytest.mark.parametrize(
    ("text", "found", "fix"),
    [
        (rule('serverVariable="HTTP_X" pattern="a"', 'value="b"'), "HTTP_X", "RESPONSE_"),
        (rule('serverVariable="RESPONSE_" pattern="a"', 'value="b"'), "RESPONSE_", "RESPONSE_Location"),
        (rule('filterByTags="CustomTags" pattern="a"', 'value="b"'), "customTags=''", "<tags"),
        (rule('filterByTags="Video" pattern="a"', 'value="b"'), "'Video'", "some of"),
        (rule('filterByTags="A" pattern="("', 'value="b"'), "'('", "Correct"),
        (rule('pattern="("', 'value="b"'), "'('", "Correct"),
        (rule('pattern="a*"', 'value="b"', attributes='patternSyntax="Wildcard"'), "a*", "filterByTags"),
        (rule('filterByTags="A" pattern="a"', 'value="{R:1"'), "{R:1", "{R:1}"),
        (
            rule('filterByTags="A" pattern="a"', 'value="b"', attributes='preCondition="no"'),
            "'no'",
            "preConditions",
        ),
        ('<rule name="R"><action type="None"/></rule>', "without <match>", "<match"),
    ],
)
def test_mistakes_are_refused_with_their_place(site: SiteOf, text: str, found: str, fix: str) -> None:
    with pytest.raises(ConfigError) as refused:
        outgoing(site, text)
    assert found in refused.value.found
    assert fix in refused.value.fix
    assert refused.value.line == 1


def test_what_no_rule_can_do_is_noted(site: SiteOf) -> None:
    text = rule('serverVariable="RESPONSE_Content-Length" pattern="a"', 'value="b"')
    body = f"<system.webServer><rewrite><outboundRules>{text}</outboundRules></rewrite></system.webServer>"
    assert [note.text for note in site({"": body}).notes] == ["outbound rule 'R' cannot set content-length"]
