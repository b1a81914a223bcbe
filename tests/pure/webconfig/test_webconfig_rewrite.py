"""Rewrite rules, statement by statement of the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig import Answer, Route, Site, TraceStep
from webstead.formats.webconfig.rewrite import MAX_URL

RulesOf = Callable[[str], Site]
SiteOf = Callable[[Mapping[str, str]], Site]


class Visit(Protocol):
    def __call__(
        self,
        site: Site,
        url: str,
        method: str = "GET",
        *,
        files: Mapping[str, str] = {},
        headers: Mapping[str, str] = {},
        scheme: Literal["http", "https"] = "http",
        path: str | None = None,
        trace: list[TraceStep] | None = None,
    ) -> Route: ...


def rule(match: str, action: str, conditions: str = "", name: str = "r", more: str = "") -> str:
    return f'<rule name="{name}" {more}><match {match}/>{conditions}<action {action}/></rule>'


def to(url: str, match: str = "(.*)", **more: str) -> str:
    return rule(f'url="{match}"', f'type="Rewrite" url="{url}"', **more)


def answer_of(route: Route) -> Answer:
    assert route.answer is not None
    return route.answer


# The subject of match


@pytest.mark.parametrize(
    ("match", "url", "fires"),
    [
        ('url="^content/default.aspx$"', "/content/default.aspx?x=1", True),
        ('url="^/content"', "/content/default.aspx", False),
        ('url="static"', "/my/statics", True),
        ('url="^CONTENT"', "/content", True),
        ('url="^CONTENT" ignoreCase="false"', "/content", False),
        ('url="^$"', "/", True),
        ('url=""', "/anything", True),
        ('url="^a" negate="true"', "/b", True),
        ('url="^a" negate="true"', "/a", False),
        ('url="x=1"', "/content?x=1", False),
    ],
)
def test_match_looks_at_the_path_without_slash_and_query(
    rules: RulesOf, visit: Visit, match: str, url: str, fires: bool
) -> None:
    assert visit(rules(rule(match, 'type="Rewrite" url="fired"')), url).rewritten is fires


def test_the_subject_counts_from_the_folder_of_the_file(site: SiteOf, visit: Visit) -> None:
    body = "<system.webServer><rewrite><rules>{}</rules></rewrite></system.webServer>"
    nested = site({"Content": body.format(to("x/{R:0}", "^default.aspx$", name="a"))})
    assert visit(nested, "/content/default.aspx").path == "/Content/x/default.aspx"
    assert not visit(nested, "/default.aspx").rewritten
    rooted = site({"content": body.format(to("/x/{R:0}", "^default.aspx$", name="a"))})
    assert visit(rooted, "/content/default.aspx").path == "/x/default.aspx"


def test_rules_of_the_parent_come_first_and_a_child_can_remove_them(site: SiteOf, visit: Visit) -> None:
    body = "<system.webServer><rewrite><rules>{}</rules></rewrite></system.webServer>"
    parent = to("{R:0}/p", "^sub/.*$", name="parent")
    child = to("{R:0}/c", name="child")
    nested = site({"": body.format(parent), "sub": body.format(child)})
    assert visit(nested, "/sub/x").path == "/sub/x/p/c"
    assert visit(nested, "/x").path == "/x"
    removed = site({"": body.format(parent), "sub": body.format('<remove name="PARENT"/>' + child)})
    assert visit(removed, "/sub/x").path == "/sub/x/c"
    cleared = site({"": body.format(parent), "sub": body.format("<clear/>")})
    assert not visit(cleared, "/sub/x").rewritten


def test_a_rule_that_leads_out_of_a_folder_leaves_its_rules(site: SiteOf, visit: Visit) -> None:
    body = "<system.webServer><rewrite><rules>{}</rules></rewrite></system.webServer>"
    nested = site({"sub": body.format(to("/elsewhere", name="a") + to("never", name="b"))})
    assert visit(nested, "/sub/x").path == "/elsewhere"


# Rewrite


@pytest.mark.parametrize(
    ("target", "url", "path", "query"),
    [
        ("handler.fcgi/{R:1}", "/a/b?x=1", "/handler.fcgi/a/b", "x=1"),
        ("handler.fcgi/{R:1}", "/", "/handler.fcgi/", ""),
        ("/index.html", "/a?x=1", "/index.html", "x=1"),
        ("i.php?p={R:1}", "/a?x=1", "/i.php", "p=a&x=1"),
        ("i.php?p={R:1}", "/a", "/i.php", "p=a"),
        ("i.php?p={UrlEncode:{R:1}}", "/a&b", "/i.php", "p=a%26b"),
        ("^/static/.*", "/a", "/^/static/.*", ""),
        ("public{REQUEST_URI}", "/a%20b", "/public/a b", ""),
        ("{R:1}", "/a/b", "/a/b", ""),
        ("x#fragment", "/a", "/x", ""),
        ("a\\b", "/", "/a/b", ""),
        ("", "/x", "/", ""),
        ("i?a b=é", "/", "/i", "a%20b=%C3%A9"),
    ],
)
def test_rewrite_changes_path_and_query(
    rules: RulesOf, visit: Visit, target: str, url: str, path: str, query: str
) -> None:
    found = visit(rules(to(target)), url)
    assert (found.path, found.query, found.rewritten) == (path, query, True)
    assert found.handler is not None


def test_the_query_can_be_dropped(rules: RulesOf, visit: Visit) -> None:
    action = 'type="Rewrite" url="{}" appendQueryString="false"'
    assert visit(rules(rule('url=".*"', action.format("a"))), "/?x=1").query == ""
    assert visit(rules(rule('url=".*"', action.format("a?b=2"))), "/?x=1").query == "b=2"


def test_the_next_rule_sees_what_the_one_before_has_made(rules: RulesOf, visit: Visit) -> None:
    found = visit(
        rules(to("b/{R:1}", name="1") + to("c/{R:0}?n={QUERY_STRING}", "^b/x$", name="2")), "/x?q=1"
    )
    assert (found.path, found.query) == ("/c/b/x", "n=q=1&q=1")


@pytest.mark.parametrize(
    ("more", "path"),
    [("", "/2"), ('stopProcessing="true"', "/1"), ('stopProcessing="true" enabled="false"', "/2")],
)
def test_stop_processing_ends_when_the_rule_has_fired(
    rules: RulesOf, visit: Visit, more: str, path: str
) -> None:
    assert visit(rules(to("1", name="1", more=more) + to("2", name="2")), "/x").path == path
    assert visit(rules(to("1", "^never$", name="1", more=more) + to("2", name="2")), "/x").path == "/2"


def test_an_action_of_none_stops_too(rules: RulesOf, visit: Visit) -> None:
    exempt = rule('url="^static/"', 'type="None"', name="1", more='stopProcessing="true"')
    table = rules(exempt + to("app", name="2"))
    assert not visit(table, "/static/x").rewritten
    assert visit(table, "/x").rewritten


@pytest.mark.parametrize(
    ("target", "header", "status", "sub_status"),
    [
        ("{HTTP_X}", "/../../etc", 400, 0),
        ("d/{UrlDecode:{HTTP_X}}", "%2e%2e/%2e%2e/x", 400, 0),
        ("d/{HTTP_X}", "a%00", 400, 0),
        ("{HTTP_X}", "http://other/", 502, 3),
        ("{HTTP_X}", "ftp://other/", 502, 3),
    ],
)
def test_a_target_that_leaves_the_site_is_answered(
    rules: RulesOf, visit: Visit, target: str, header: str, status: int, sub_status: int
) -> None:
    answer = answer_of(visit(rules(to(target)), "/x", headers={"x": header}))
    assert (answer.status, answer.sub_status) == (status, sub_status)
    assert "rule 'r' (web.config:1)" in answer.reason


def test_what_was_escaped_stays_part_of_the_path(rules: RulesOf, visit: Visit) -> None:
    found = visit(rules(to("h/{R:1}?x={R:1}")), "/a%3Fb%23c%25d?q", path="/a?b#c%d")
    assert (found.path, found.query) == ("/h/a?b#c%d", "x=a%3Fb%23c%25d&q")
    answer = answer_of(visit(rules(rule('url="(.*)"', 'type="Redirect" url="{R:1}"')), "/a%3Fb", path="/a?b"))
    assert answer.location == "/a%3Fb"


def test_a_url_that_grows_without_end_is_stopped(rules: RulesOf, visit: Visit) -> None:
    doubling = "".join(to("{R:0}{R:0}", name=f"r{n}") for n in range(64))
    answer = answer_of(visit(rules(doubling), "/abc"))
    assert (answer.status, answer.sub_status) == (500, 50)
    assert str(MAX_URL) in answer.reason


def test_a_pattern_that_explodes_is_answered(rules: RulesOf, visit: Visit) -> None:
    answer = answer_of(visit(rules(to("x", r"^(?=a)(a+)+\1x$")), "/" + "a" * 4000))
    assert (answer.status, answer.sub_status) == (500, 50)
    assert "takes too long" in answer.reason


# Redirect and the other actions


@pytest.mark.parametrize(
    ("target", "url", "location"),
    [
        ("https://{HTTP_HOST}/{R:1}", "/a?x=1", "https://example.org:8000/a?x=1"),
        ("new/{R:1}", "/a", "/new/a"),
        ("/new", "/a?x=1", "/new?x=1"),
        ("/new?y=2", "/a?x=1", "/new?y=2&x=1"),
        ("/new#part", "/a?x=1", "/new?x=1#part"),
        ("{R:1}", "/", "/"),
        ("//cdn.example.org/{R:1}", "/a", "//cdn.example.org/a"),
        ("/{R:1}", "/sp ace/é", "/sp%20ace/%C3%A9"),
        ("{REQUEST_URI}", "//evil.example/x", "/evil.example/x"),
        ("{HTTP_X}", "/", "/evil.example"),
        ("/{HTTP_Y}", "/", "/a%0D%0Ab"),
    ],
)
def test_redirect_gives_a_location(
    rules: RulesOf, visit: Visit, target: str, url: str, location: str
) -> None:
    headers = {"x": "\\\\/evil.example", "y": "a\r\nb"}
    answer = answer_of(
        visit(rules(rule('url="(.*)"', f'type="Redirect" url="{target}"')), url, headers=headers)
    )
    assert (answer.status, answer.location) == (301, location)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("Permanent", 301), ("Found", 302), ("SeeOther", 303), ("Temporary", 307), ("found", 302)],
)
def test_redirect_types(rules: RulesOf, visit: Visit, kind: str, status: int) -> None:
    table = rules(
        rule('url=".*"', f'type="Redirect" url="/x" redirectType="{kind}" appendQueryString="false"')
    )
    assert answer_of(visit(table, "/?q=1")) == Answer(status, location="/x")


def test_custom_response_and_abort(rules: RulesOf, visit: Visit) -> None:
    custom = (
        'type="CustomResponse" statusCode="403" subStatusCode="9" statusReason="No"'
        ' statusDescription="Go away"'
    )
    assert answer_of(visit(rules(rule('url="^a"', custom)), "/a")) == Answer(
        403, 9, "No", body="Go away", public=True
    )
    assert answer_of(visit(rules(rule('url="^a"', 'type="AbortRequest"')), "/a")).status == 0


# Conditions


def conditions(*adds: str, attributes: str = "") -> str:
    return f"<conditions {attributes}>{''.join(f'<add {add}/>' for add in adds)}</conditions>"


YES = 'input="yes" pattern="y(.)s"'
NO = 'input="no" pattern="yes"'


@pytest.mark.parametrize(
    ("adds", "attributes", "fires"),
    [
        ([YES], "", True),
        ([NO], "", False),
        ([YES, NO], "", False),
        (['input="1" pattern="\\d"', 'input="1" pattern="\\D" negate="true"'], "", True),
        ([YES, NO], 'logicalGrouping="MatchAny"', True),
        ([NO, 'input="no" pattern="other"'], 'logicalGrouping="matchany"', False),
        ([NO + ' negate="true"'], "", True),
        ([YES + ' negate="true"'], "", False),
        (['input="YES" pattern="yes"'], "", True),
        (['input="YES" pattern="yes" ignoreCase="false"'], "", False),
        ([], "", True),
        ([], 'logicalGrouping="MatchAny"', True),
    ],
)
def test_conditions_are_grouped(
    rules: RulesOf, visit: Visit, adds: list[str], attributes: str, fires: bool
) -> None:
    table = rules(to("x", conditions=conditions(*adds, attributes=attributes)))
    assert visit(table, "/a").rewritten is fires


@pytest.mark.parametrize(
    ("attributes", "target", "path"),
    [
        ("", "{C:0}-{C:1}-{C:2}", "/abc-c-"),
        ('trackAllCaptures="true"', "{C:1}/{C:2}/{C:3}", "/article/23/c"),
        ('trackAllCaptures="true"', "{C:0}", "/article-23"),
        ('logicalGrouping="MatchAny"', "{C:0}", "/article-23"),
    ],
)
def test_captures_are_of_the_last_condition_or_of_all(
    rules: RulesOf, visit: Visit, attributes: str, target: str, path: str
) -> None:
    adds = (
        'input="article-23" pattern="(\\w+)-(\\d+)"',
        'input="no" pattern="(x)" negate="true"',
        'input="abc" pattern="ab(c)"',
    )
    assert visit(rules(to(target, conditions=conditions(*adds, attributes=attributes))), "/x").path == path


@pytest.mark.parametrize(
    ("match_type", "negate", "stands", "fires"),
    [
        ("IsFile", "false", "file", True),
        ("IsFile", "false", "folder", False),
        ("isFile", "true", "none", True),
        ("IsDirectory", "false", "folder", True),
        ("isDirectory", "true", "folder", False),
    ],
)
def test_what_stands_there(
    rules: RulesOf, visit: Visit, match_type: str, negate: str, stands: str, fires: bool
) -> None:
    adds = conditions(f'input="{{REQUEST_FILENAME}}" matchType="{match_type}" negate="{negate}"')
    assert visit(rules(to("x", conditions=adds)), "/a", files={"/a": stands}).rewritten is fires


@pytest.mark.parametrize("text", ["{DOCUMENT_ROOT}/cache{URL}.html", "{APPL_PHYSICAL_PATH}cache\\{R:1}.html"])
def test_a_physical_path_counts_from_the_site(rules: RulesOf, visit: Visit, text: str) -> None:
    adds = conditions(f'input="{text}" matchType="IsFile"')
    table = rules(to("x", conditions=adds))
    assert visit(table, "/a", files={"/cache/a.html": "file"}).rewritten
    assert not visit(table, "/../..", files={"/": "file"}).rewritten


def test_the_pattern_syntax_of_a_rule_is_that_of_its_conditions(rules: RulesOf, visit: Visit) -> None:
    wild = to(
        "x",
        "*.php",
        more='patternSyntax="Wildcard"',
        conditions=conditions('input="{HTTP_HOST}" pattern="*.org:*"'),
    )
    assert visit(rules(wild), "/a.php").rewritten
    exact = to(
        "x",
        "a.php",
        more='patternSyntax="ExactMatch"',
        conditions=conditions('input="{QUERY_STRING}" pattern="a=(1)"'),
    )
    assert visit(rules(exact), "/a.php?a=(1)").rewritten
    assert not visit(rules(exact), "/a.php?a=1").rewritten


def test_https_can_be_forced(rules: RulesOf, visit: Visit) -> None:
    table = rules(
        rule(
            'url="(.*)"',
            'type="Redirect" url="https://{HTTP_HOST}/{R:1}"',
            conditions('input="{HTTPS}" pattern="^OFF$"'),
        )
    )
    assert answer_of(visit(table, "/a")).location == "https://example.org:8000/a"
    assert visit(table, "/a", scheme="https").answer is None


# As people write them

GALLERY = """
<rule name="Static Files" stopProcessing="true">
<conditions><add input="true" pattern="false"/></conditions></rule>
<rule name="Configure Python" stopProcessing="true"><match url="(.*)" ignoreCase="false"/>
<conditions><add input="{REQUEST_URI}" pattern="^/static/.*" ignoreCase="true" negate="true"/></conditions>
<action type="Rewrite" url="handler.fcgi/{R:1}" appendQueryString="true"/></rule>
"""


def test_the_gallery_rewrite(site: SiteOf, visit: Visit) -> None:
    table = site(
        {
            "": '<system.webServer><handlers><add name="Python" path="handler.fcgi" verb="*"'
            ' modules="FastCgiModule"'
            ' scriptProcessor="python.exe|wfastcgi.py" resourceType="Unspecified"/></handlers>'
            f"<rewrite><rules>{GALLERY}</rules></rewrite></system.webServer>"
        }
    )
    app = visit(table, "/hello?x=1")
    assert app.handler is not None
    assert (app.handler.name, app.path, app.query, app.rewritten) == (
        "Python",
        "/handler.fcgi/hello",
        "x=1",
        True,
    )
    style = visit(table, "/static/a.css", files={"/static/a.css": "file"})
    assert style.handler is not None
    assert (style.handler.name, style.path, style.rewritten) == ("StaticFile", "/static/a.css", False)
    assert table.notes == ()


def test_a_rule_without_match_and_action_fires_and_does_nothing(rules: RulesOf, visit: Visit) -> None:
    table = rules('<rule name="a" stopProcessing="true"/>' + to("x", name="b"))
    assert not visit(table, "/a").rewritten


def test_the_trace_tells_what_each_rule_saw_captured_and_did(rules: RulesOf, visit: Visit) -> None:
    trace: list[TraceStep] = []
    table = rules(
        to("x", "^no$", name="1")
        + to(
            "y/{R:1}",
            "^(a)/(.*)",
            name="2",
            conditions=conditions(
                'input="{HTTP_HOST}" pattern="^a" negate="true"', 'input="{QUERY_STRING}" pattern="(.)=(.)"'
            ),
        )
        + to("z", "^y", name="3", conditions=conditions('input="{URL}" matchType="IsFile"'))
        + to("z", "^n", name="4", more='enabled="false"')
        + rule('url="^y" negate="true"', 'type="None"', name="5")
        + rule('url="^y"', 'type="None"', name="6")
        + rule('url="y"', 'type="Redirect" url="/z"', name="7")
    )
    visit(table, "/a/1?b=c", trace=trace)
    assert [step.text for step in trace] == [
        "rule '1': 'a/1' does not match '^no$': passed over",
        "rule '2': 'a/1' matches '^(a)/(.*)', captures {R:1} 'a', {R:2} '1'",
        "rule '2': condition {HTTP_HOST} ('example.org:8000') not matches '^a': holds",
        "rule '2': condition {QUERY_STRING} ('b=c') matches '(.)=(.)': holds, captures {C:1} 'b', {C:2} 'c'",
        "rule '2': rewrites to /y/a?b=c",
        "rule '3': 'y/a' matches '^y'",
        "rule '3': condition {URL} ('/y/a') IsFile: does not hold",
        "rule '5': 'y/a' does not match not '^y': passed over",
        "rule '6': 'y/a' matches '^y'",
        "rule '6': fires, and has no action",
        "rule '7': 'y/a' matches 'y'",
        "rule '7': redirects to /z?b=c (301)",
    ]
    assert {step.stage for step in trace} == {"rewrite"}
    assert {str(step.origin) for step in trace} == {"web.config:1"}


def test_the_trace_tells_what_captures_stand_for_when_all_are_tracked(rules: RulesOf, visit: Visit) -> None:
    trace: list[TraceStep] = []
    grouping = conditions(
        'input="{QUERY_STRING}" pattern="(a)=(.)"',
        'input="{HTTP_HOST}" pattern="^(.)"',
        attributes='trackAllCaptures="true"',
    )
    visit(rules(to("{C:3}", name="r", conditions=grouping)), "/x?a=b", trace=trace)
    assert [step.text for step in trace if "condition" in step.text] == [
        "rule 'r': condition {QUERY_STRING} ('a=b') matches '(a)=(.)': holds, captures {C:1} 'a', {C:2} 'b'",
        "rule 'r': condition {HTTP_HOST} ('example.org:8000') matches '^(.)': holds, captures {C:1} 'a',"
        " {C:2} 'b', {C:3} 'e'",
    ]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        (to("x", more='stopProcessing="true"'), "rule 'r': stops the processing of rules"),
        (rule('url=".*"', 'type="AbortRequest"'), "rule 'r': drops the connection"),
        (
            rule('url=".*"', 'type="CustomResponse" statusCode="403" subStatusCode="7"'),
            "rule 'r': answers 403.7",
        ),
        (to("http://h:1/{R:1}"), "rule 'r': passes the request on to http://h:1/a?b=c"),
        (
            to("{None:x}"),
            "rule 'r': answers 500.52: rule 'r' (web.config:1) looks up {None:…}, and there is no rewrite map"
            " 'None'",
        ),
    ],
)
def test_the_trace_ends_with_what_ended_the_rules(rules: RulesOf, visit: Visit, text: str, last: str) -> None:
    trace: list[TraceStep] = []
    visit(rules(text), "/a?b=c", trace=trace)
    assert [step.text for step in trace if step.stage == "rewrite"][-1] == last


def test_a_trace_changes_nothing(rules: RulesOf, visit: Visit) -> None:
    table = rules(to("b", "^a", name="1") + to("c", "^b", name="2") + to("d", "^never/it", name="3"))
    for url in ("/a", "/b", "/never/it", "/x"):
        assert visit(table, url) == visit(table, url, trace=[])


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        (to("handler.fcgi/{R:1}"), True),
        (to("x", conditions=conditions('input="{URL}" pattern="^/a"')), True),
        (to("x", conditions=conditions('input="{REQUEST_URI}" pattern="^/a"')), True),
        (to("x", conditions=conditions('input="{QUERY_STRING}" pattern="^/a"')), True),
        (to("x", conditions=conditions('input="{HTTPS}" pattern="on"')), False),
        (to("x", conditions=conditions('input="{REMOTE_ADDR}" pattern="1"')), False),
        (to("x", conditions=conditions('input="{HTTP_HOST}" pattern="a"')), False),
        (to("x", conditions=conditions('input="{URL}" matchType="IsFile"')), False),
        (to("x?y=1"), True),
        (to("http://other/{R:1}"), True),
        (to("http://other/{HTTP_X}"), False),
        (to("{ToLower:{HTTP_X}}"), False),
        (rule('url=".*"', 'type="Redirect" url="/x"'), True),
        (rule('url=".*"', 'type="Redirect" url="/x" appendQueryString="false"'), True),
        (rule('url=".*"', 'type="CustomResponse" statusCode="403"'), True),
    ],
)
def test_which_rules_let_a_route_be_kept(rules: RulesOf, text: str, keeps: bool) -> None:
    assert rules(text).depends_only_on_path is keeps


# Any rules, any URL

_MATCH = st.sampled_from(["(.*)", "^a/(.*)$", "", "b", "^(?!a)(.*)", "(a+)+b"])
_TARGET = st.sampled_from(
    [
        "{R:1}",
        "x/{R:0}{R:0}",
        "/{C:1}",
        "{QUERY_STRING}",
        "?{REQUEST_URI}",
        "..",
        "{HTTP_X}",
        "{UrlDecode:{R:1}}",
        "http://{R:1}",
    ]
)
_TYPE = st.sampled_from(["Rewrite", "Redirect", "None", "AbortRequest"])
_CONDITION = st.sampled_from(
    [
        "",
        conditions('input="{URL}" pattern="(a.*)"'),
        conditions('input="{REQUEST_FILENAME}" matchType="IsFile" negate="true"'),
    ]
)


@given(
    drawn=st.lists(st.tuples(_MATCH, _TARGET, _TYPE, _CONDITION, st.booleans()), max_size=6),
    path=st.text(st.sampled_from("ab/.é%?\\"), max_size=12),
    header=st.text(st.characters(max_codepoint=255), max_size=8),
)
def test_rules_end_and_what_they_make_is_canonical(
    rules: RulesOf,
    visit: Visit,
    drawn: list[tuple[str, str, str, str, bool]],
    path: str,
    header: str,
) -> None:
    text = "".join(
        rule(
            f'url="{match}"',
            f'type="{kind}" url="{target}"',
            condition,
            f"r{n}",
            f'stopProcessing="{str(stop).lower()}"',
        )
        for n, (match, target, kind, condition, stop) in enumerate(drawn)
    )
    found = visit(rules(text), "/" + path.lstrip("/"), headers={"x": header})
    if found.answer is not None:
        assert found.answer.location.isascii()
        assert found.answer.location.isprintable()
    elif found.rewritten:
        assert not {".", "..", ""} & set(found.path.split("/")[1:-1])
        assert found.path.split("/")[-1] not in (".", "..")
        # What follows is the client's own query, untouched.
        assert found.query.removesuffix(path.lstrip("/").partition("?")[2]).isascii()
