"""Global rules, rewrite maps, providers and server variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.pure.webconfig.conftest import Visit
from webstead.errors import ConfigError
from webstead.formats.webconfig import Answer, Route, Site, TraceStep
from webstead.formats.webconfig.rewrite import MAX_SET
from webstead.formats.webconfig.settable import header_of, unsettable, value_bytes

SiteOf = Callable[[Mapping[str, str]], Site]

NOTHING = 'type="None"'
APP = (
    '<handlers><add name="Py" path="*" verb="*" modules="FastCgiModule"'
    ' scriptProcessor="python|wfastcgi.py"/></handlers>'
)


def of(rewrite: str) -> str:
    return f"<system.webServer>{APP}<rewrite>{rewrite}</rewrite></system.webServer>"


def below(rewrite: str) -> str:
    return f"<system.webServer><rewrite>{rewrite}</rewrite></system.webServer>"


def rule(name: str, match: str, action: str, conditions: str = "", sets: str = "", more: str = "") -> str:
    return f'<rule name="{name}" {more}><match url="{match}"/>{conditions}{sets}<action {action}/></rule>'


def to(name: str, match: str, url: str, conditions: str = "", sets: str = "", more: str = "") -> str:
    return rule(name, match, f'type="Rewrite" url="{url}"', conditions, sets, more)


def when(*adds: str) -> str:
    return f"<conditions>{''.join(f'<add {add}/>' for add in adds)}</conditions>"


def sets(*adds: str) -> str:
    return f"<serverVariables>{''.join(f'<set {add}/>' for add in adds)}</serverVariables>"


def allowing(*names: str) -> str:
    listed = "".join(f'<add name="{name}"/>' for name in names)
    return f"<allowedServerVariables>{listed}</allowedServerVariables>"


def answer_of(route: Route) -> Answer:
    assert route.answer is not None
    return route.answer


# Global rules


def test_global_rules_run_before_those_of_the_folder(site: SiteOf, visit: Visit) -> None:
    body = (
        f"<rules>{to('local', '^(.*)$', '{R:1}/local')}</rules>"
        f"<globalRules>{to('global', '^(.*)$', '{R:1}/global')}</globalRules>"
    )
    assert visit(site({"": of(body)}), "/x").path == "/x/global/local"


def test_global_rules_see_the_full_path_and_lead_into_other_folders(site: SiteOf, visit: Visit) -> None:
    table = site(
        {
            "": of(f"<globalRules>{to('g', '^sub/old/(.*)$', 'other/{R:1}')}</globalRules>"),
            "sub": below(f"<rules>{to('s', '^(.*)$', 'sub-{R:1}')}</rules>"),
            "other": below(f"<rules>{to('o', '^(.*)$', 'other-{R:1}')}</rules>"),
        }
    )
    assert visit(table, "/sub/old/x").path == "/other/other-x"
    assert visit(table, "/sub/x").path == "/sub/sub-x"


def test_global_rules_of_a_folder_count_from_the_site_too(site: SiteOf, visit: Visit) -> None:
    table = site({"": of(""), "sub": below(f"<globalRules>{to('g', '^sub/a$', 'b')}</globalRules>")})
    assert visit(table, "/sub/a").path == "/b"
    assert visit(table, "/a").path == "/a"


def test_a_global_rule_stops_global_rules_only(site: SiteOf, visit: Visit) -> None:
    body = (
        "<globalRules>"
        + to("1", "^a$", "b", more='stopProcessing="true"')
        + to("2", "^b$", "never")
        + f"</globalRules><rules>{to('3', '^b$', 'c')}</rules>"
    )
    assert visit(site({"": of(body)}), "/a").path == "/c"


def test_a_global_rule_that_answers_ends(site: SiteOf, visit: Visit) -> None:
    away = 'type="Redirect" url="/z"'
    body = f"<globalRules>{rule('1', '^a$', away)}</globalRules><rules>{to('2', '.*', 'never')}</rules>"
    assert answer_of(visit(site({"": of(body)}), "/a")).location == "/z"


@pytest.mark.parametrize("kind", ["IsFile", "isdirectory"])
def test_a_global_rule_cannot_ask_the_disk(site: SiteOf, kind: str) -> None:
    condition = when(f'input="{{REQUEST_FILENAME}}" matchType="{kind}"')
    with pytest.raises(ConfigError, match="what stands on the disk") as caught:
        site({"": of(f"<globalRules>{to('g', '.*', 'x', condition)}</globalRules>")})
    assert "500.52" in caught.value.found


def test_the_trace_tells_of_global_rules_too(site: SiteOf, visit: Visit) -> None:
    body = f"<globalRules>{to('g', '^a', 'b')}</globalRules><rules>{to('l', '^b', 'c')}</rules>"
    trace: list[TraceStep] = []
    visit(site({"": of(body)}), "/a", trace=trace)
    assert [step.text for step in trace if step.stage == "rewrite"] == [
        "rule 'g': 'a' matches '^a'",
        "rule 'g': rewrites to /b",
        "rule 'l': 'b' matches '^b'",
        "rule 'l': rewrites to /c",
    ]


# Rewrite maps

MAP = (
    '<rewriteMap name="Pages" defaultValue="none"><add key="/old?id=1" value="/new?page=one"/>'
    '<add key="/b" value="/c"/></rewriteMap>'
)
MOVED = to("m", ".*", "{C:1}", when('input="{pages:{REQUEST_URI}}" pattern="^(/.*)"'))


def test_a_map_as_the_reference_uses_it(site: SiteOf, visit: Visit) -> None:
    table = site({"": of(f"<rewriteMaps>{MAP}</rewriteMaps><rules>{MOVED}</rules>")})
    found = visit(table, "/old?id=1")
    assert (found.path, found.query) == ("/new", "page=one&id=1")
    assert visit(table, "/B").path == "/c"
    assert not visit(table, "/other").rewritten
    assert table.notes == ()


def test_the_trace_tells_each_look_up(site: SiteOf, visit: Visit) -> None:
    table = site({"": of(f"<rewriteMaps>{MAP}</rewriteMaps><rules>{MOVED}</rules>")})
    steps: list[str] = []
    for url in ("/b", "/other"):
        trace: list[TraceStep] = []
        visit(table, url, trace=trace)
        steps.append(trace[1].text)
    assert steps == [
        "rule 'm': looks up '/b' in the map pages: '/c'",
        "rule 'm': looks up '/other' in the map pages: 'none'",
    ]


def test_the_trace_hides_a_secret_that_is_looked_up(site: SiteOf, visit: Visit) -> None:
    rule = to("m", ".*", "{Pages:{HTTP_COOKIE}}")
    table = site({"": of(f"<rewriteMaps>{MAP}</rewriteMaps><rules>{rule}</rules>")})
    trace: list[TraceStep] = []
    visit(table, "/x", headers={"cookie": "secret"}, trace=trace)
    assert not [step for step in trace if "secret" in step.text]
    assert trace[1].text.startswith("rule 'm': looks up ***")


def test_a_map_can_tell_case_apart(site: SiteOf, visit: Visit) -> None:
    entries = '<add key="a" value="small"/><add key="A" value="large"/>'
    body = (
        f'<rewriteMaps><rewriteMap name="M" ignoreCase="false" defaultValue="no">{entries}</rewriteMap>'
        f"</rewriteMaps><rules>{to('m', '(.*)', '/{M:{R:1}}')}</rules>"
    )
    table = site({"": of(body)})
    assert [visit(table, url).path for url in ("/a", "/A", "/b")] == ["/small", "/large", "/no"]
    with pytest.raises(ConfigError, match="has a key twice") as caught:
        site({"": of(body.replace(' ignoreCase="false"', ""))})
    assert "0x800700B7" in caught.value.found


def test_maps_are_inherited_replaced_removed_and_cleared(site: SiteOf, visit: Visit) -> None:
    root = of(f"<rewriteMaps>{MAP}</rewriteMaps><rules>{to('m', '.*', '{Pages:/b}')}</rules>")

    def folder(body: str) -> str:
        return below(f"<rewriteMaps>{body}</rewriteMaps>")

    other = '<rewriteMap name="PAGES"><add key="/b" value="/d"/></rewriteMap>'
    table = site(
        {
            "": root,
            "same": folder('<rewriteMap name="Other"/>'),
            "other": folder('<remove name="pages"/>' + other),
            "nearer": folder(other),
            "none": folder("<clear/>"),
        }
    )
    assert [visit(table, f"/{name}/x").path for name in ("", "same", "other", "nearer")] == [
        "/c",
        "/c",
        "/d",
        "/d",
    ]
    gone = answer_of(visit(table, "/none/x"))
    assert (gone.status, gone.sub_status) == (500, 52)
    assert gone.fix == 'Add <rewriteMap name="Pages"> to <rewriteMaps>.'
    texts = [note.text for note in table.notes]
    assert any("'PAGES' is in a folder above too" in text for text in texts)
    assert sum("no such rewrite map" in text for text in texts) == 1


def test_a_map_that_is_not_there_is_an_error_only_where_it_is_needed(site: SiteOf, visit: Visit) -> None:
    table = site({"": of(f"<rules>{to('m', '^x', '{Map:{R:0}}')}</rules>")})
    assert not visit(table, "/y").rewritten
    assert (answer_of(visit(table, "/x")).status, answer_of(visit(table, "/x")).sub_status) == (500, 52)
    (note,) = table.notes
    assert note.matters
    assert "{Map:…}" in note.text
    assert "500.52" in note.text


# Providers


def test_a_rule_that_needs_a_provider_is_noted_and_passed_over_whole(site: SiteOf, visit: Visit) -> None:
    provider = (
        '<providers><provider name="DB" type="DbProvider, Microsoft.Iis, Version=7.1"><settings>'
        '<add key="ConnectionString" value="x"/></settings></provider></providers>'
    )
    table = site(
        {"": of(provider + f"<rules>{to('p', '(.*)', '{db:{R:1}}')}{to('n', '^n', 'next')}</rules>")}
    )
    assert not visit(table, "/a").rewritten
    assert visit(table, "/n").path == "/next"
    declared, used = table.notes
    assert declared.matters
    assert used.matters
    assert "'DB' is not run" in declared.text
    assert used.text.startswith("rule 'p' is not applied: ")
    assert "<rewriteMap>" in declared.text
    assert "<rewriteMap>" in used.text


# Server variables


def test_a_rule_sets_variables_before_it_acts(site: SiteOf, visit: Visit) -> None:
    body = allowing("HTTP_X_FOO", "ORIGINAL_HOST", "HTTP_HOST") + (
        "<rules>"
        + to(
            "1",
            "^a/(.*)",
            "b/{HTTP_X_FOO}",
            when('input="{HTTP_HOST}" pattern="^(\\w+)"'),
            sets(
                'name="HTTP_X_FOO" value="{R:1}-{C:1}"',
                'name="ORIGINAL_HOST" value="{HTTP_HOST}"',
                'name="HTTP_HOST" value="inner.test"',
            ),
        )
        + to(
            "2",
            ".*",
            "c",
            when('input="{HTTP_X_Foo} {original_host} {HTTP_HOST}" pattern="^q-.*:8000 inner"'),
        )
        + "</rules>"
    )
    found = visit(site({"": of(body)}), "/a/q")
    assert found.path == "/c"
    assert found.variables == (
        ("HTTP_X_FOO", b"q-example"),
        ("ORIGINAL_HOST", b"example.org:8000"),
        ("HTTP_HOST", b"inner.test"),
    )
    assert visit(site({"": of(body)}), "/z").variables == ()


def test_a_variable_that_is_there_can_be_left_alone(site: SiteOf, visit: Visit) -> None:
    setting = sets(
        'name="HTTP_X_A" value="rule" replace="false"', 'name="HTTP_X_B" value="rule" replace="false"'
    )
    body = allowing("HTTP_X_A", "HTTP_X_B") + f"<rules>{rule('r', '.*', NOTHING, sets=setting)}</rules>"
    found = visit(site({"": of(body)}), "/", headers={"x-a": "client"})
    assert found.variables == (("HTTP_X_B", b"rule"),)
    assert not found.rewritten


def test_a_distributed_rule_sets_only_what_is_listed(site: SiteOf, visit: Visit) -> None:
    setting = sets('name="HTTP_X_FOO" value="1"')
    rules = f"<rules>{rule('r', '^a', NOTHING, sets=setting)}</rules>"
    table = site({"": of(rules)})
    assert visit(table, "/b").answer is None
    refused = answer_of(visit(table, "/a"))
    assert (refused.status, refused.sub_status) == (500, 50)
    assert "sets HTTP_X_FOO, which <allowedServerVariables> does not list" in refused.reason
    assert refused.fix == (
        'Add <add name="HTTP_X_FOO" /> to system.webServer/rewrite/allowedServerVariables.'
    )
    (note,) = table.notes
    assert note.matters
    assert '<add name="HTTP_X_FOO" />' in note.text
    allowed = site({"": of(allowing("http_x-foo") + rules)})
    assert visit(allowed, "/a").variables == (("HTTP_X_FOO", b"1"),)
    assert allowed.notes == ()


def test_the_list_is_inherited_and_can_be_cleared(site: SiteOf, visit: Visit) -> None:
    setting = sets('name="HTTP_X" value="1"')
    rules = f"<rules>{rule('r', '.*', NOTHING, sets=setting)}</rules>"
    table = site(
        {
            "": of(allowing("HTTP_X") + rules),
            "sub": below("<allowedServerVariables><clear/></allowedServerVariables>"),
        }
    )
    assert visit(table, "/x").answer is None
    assert answer_of(visit(table, "/sub/x")).sub_status == 50


def test_a_global_rule_sets_what_it_likes(site: SiteOf, visit: Visit) -> None:
    setting = sets('name="HTTP_X_FOO" value="{HTTP_HOST}"')
    table = site({"": of(f"<globalRules>{rule('r', '.*', NOTHING, sets=setting)}</globalRules>")})
    assert visit(table, "/a").variables == (("HTTP_X_FOO", b"example.org:8000"),)
    assert table.notes == ()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("HTTP_CONTENT_LENGTH", "where the request ends"),
        ("CONTENT_LENGTH", "where the request ends"),
        ("HTTP_TRANSFER_ENCODING", "where the request ends"),
        ("HTTP_TRAILER", "where the request ends"),
        ("HTTP_CONNECTION", "one connection only"),
        ("HTTP_KEEP_ALIVE", "one connection only"),
        ("HTTP_UPGRADE", "one connection only"),
        ("HTTP_TE", "one connection only"),
        ("HTTP_PROXY_AUTHORIZATION", "one connection only"),
        ("HTTP_PROXY", "word to the app"),
        ("HTTP_X_ORIGINAL_URL", "word to the app"),
        ("HTTP_X_IIS_WINDOWSAUTHTOKEN", "word to the app"),
        ("PATH_INFO", "part of the URL"),
        ("QUERY_STRING", "part of the URL"),
        ("REQUEST_METHOD", "part of the URL"),
        ("SCRIPT_FILENAME", "part of the URL"),
        ("DOCUMENT_ROOT", "the server's own"),
        ("RESPONSE_SERVER", "outbound"),
        ("FCGI_ROLE", "no name"),
        ("HTTP_", "no name"),
        ("HTTP__X", "no name"),
        ("HTTP_X\r\nY: 1", "no name"),
        ("HTTP_É", "no name"),
        ("1X", "no name"),
    ],
)
def test_what_no_rule_can_set(site: SiteOf, visit: Visit, name: str, reason: str) -> None:
    assert reason in unsettable(name)
    written = name.replace("\r\n", "&#13;&#10;")
    setting = sets(f'name="{written}" value="1"', 'name="HTTP_X_FINE" value="2"')
    table = site(
        {"": of(allowing(written, "HTTP_X_FINE") + f"<rules>{to('r', 'a', 'b', sets=setting)}</rules>")}
    )
    found = visit(table, "/a")
    assert (found.path, found.variables) == ("/b", (("HTTP_X_FINE", b"2"),))
    (note,) = table.notes
    assert note.matters
    assert reason in note.text


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("HTTP_X_FOO", "x-foo"),
        ("CONTENT_TYPE", "content-type"),
        ("HTTP_CONTENT_TYPE", "content-type"),
        ("HTTPS", None),
        ("REMOTE_USER", None),
        ("HTTP_", None),
    ],
)
def test_which_variables_are_headers(name: str, header: str | None) -> None:
    assert header_of(name) == header


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("HTTP_X", "plain", b"plain"),
        ("HTTP_X", "", b""),
        ("HTTP_X", "a\tb", b"a\tb"),
        ("HTTP_X", "é", "é".encode()),
        ("HTTP_X", "é".encode().decode("latin-1"), "é".encode()),
        ("HTTP_X", "日", "日".encode()),
        ("HTTP_X", "a\r\nX-Evil: 1", None),
        ("HTTP_X", "a\nb", None),
        ("HTTP_X", "a\x00", None),
        ("HTTP_X", "\x7f", None),
        ("MINE", "a\r\nb", None),
        ("HTTP_HOST", "example.org", b"example.org"),
        ("HTTP_HOST", "[::1]:80", b"[::1]:80"),
        ("HTTP_HOST", "[::x]", None),
        ("HTTP_HOST", "a:99999", None),
        ("HTTP_HOST", "a/b", None),
        ("HTTP_HOST", "a b", None),
        ("HTTP_HOST", "é", None),
        ("HTTP_HOST", "", None),
    ],
)
def test_what_a_value_is_sent_as(name: str, value: str, sent: bytes | None) -> None:
    assert value_bytes(name, value) == sent


def test_a_value_that_would_split_a_header_is_answered(site: SiteOf, visit: Visit) -> None:
    setting = sets('name="HTTP_X" value="{UrlDecode:{QUERY_STRING}}"')
    table = site({"": of(allowing("HTTP_X") + f"<rules>{to('r', '.*', 'b', sets=setting)}</rules>")})
    assert visit(table, "/?a%20b").variables == (("HTTP_X", b"a b"),)
    refused = answer_of(visit(table, "/?a%0d%0aX-Evil:1"))
    assert refused.status == 400
    assert "no header can hold" in refused.reason


def test_variables_that_grow_without_end_are_stopped(site: SiteOf, visit: Visit) -> None:
    names = [f"HTTP_X_{n}" for n in range(40)]
    setting = sets(*(f'name="{name}" value="{{HTTP_LONG}}"' for name in names))
    table = site({"": of(allowing(*names) + f"<rules>{to('r', '.*', 'b', sets=setting)}</rules>")})
    assert visit(table, "/", headers={"long": "x" * (MAX_SET // 40)}).answer is None
    refused = answer_of(visit(table, "/", headers={"long": "x" * (MAX_SET // 40 + 2)}))
    assert (refused.status, refused.sub_status) == (500, 50)


def test_the_trace_tells_what_is_set(site: SiteOf, visit: Visit) -> None:
    setting = sets('name="HTTP_X" value="{R:0}"')
    table = site({"": of(allowing("HTTP_X") + f"<rules>{to('r', '^a', 'b', sets=setting)}</rules>")})
    trace: list[TraceStep] = []
    visit(table, "/a", trace=trace)
    assert [step.text for step in trace][1:3] == ["rule 'r': sets HTTP_X to 'a'", "rule 'r': rewrites to /b"]


def test_the_log_says_what_the_last_rule_wants(site: SiteOf, visit: Visit) -> None:
    said = 'type="Rewrite" url="b" logRewrittenUrl="true"'
    body = f"<rules>{rule('1', '^a', said)}{to('2', '^b/c', 'd')}</rules>"
    table = site({"": of(body)})
    assert visit(table, "/a").log_rewritten
    assert not visit(table, "/b/c").log_rewritten


# What a collection of rules understands


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('<rewriteMaps><rewriteMap name="a"/><rewriteMap name="A"/></rewriteMaps>', "same key"),
        ("<rewriteMaps><rewriteMap/></rewriteMaps>", "needs the attribute name"),
        ('<rewriteMaps><rewriteMap name="a"><add key="x"/></rewriteMap></rewriteMaps>', "attribute value"),
        ("<allowedServerVariables><add/></allowedServerVariables>", "needs the attribute name"),
        ('<providers><provider name="a"/></providers>', "needs the attribute type"),
        (
            '<rules><rule name="r"><match url="a"/><serverVariables><set name="X"/></serverVariables></rule>'
            "</rules>",
            "attribute value",
        ),
        (
            '<rules><rule name="r"><action type="Redirect" url="/" redirectType="308"/></rule></rules>',
            "not allowed",
        ),
    ],
)
def test_mistakes_are_refused(site: SiteOf, body: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        site({"": of(body)})
