"""Rules that pass requests to another server: which one, and what is asked there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.webconfig.conftest import Visit
from webstead.errors import ConfigError
from webstead.formats.webconfig import Site
from webstead.formats.webconfig.model import Answer, ProxySettings, Remote, Route

SiteOf = Callable[[Mapping[str, str]], Site]
RulesOf = Callable[[str], Site]


def to(url: str, match: str = "(.*)", conditions: str = "", more: str = "", name: str = "r") -> str:
    action = f'<action type="Rewrite" url="{url}" {more}/>'
    return f'<rule name="{name}"><match url="{match}"/>{conditions}{action}</rule>'


def when(text: str, pattern: str) -> str:
    return f'<conditions><add input="{text}" pattern="{pattern}"/></conditions>'


def remote_of(route: Route) -> Remote:
    assert route.remote is not None, route
    assert route.handler is None
    assert route.answer is None
    assert route.rewritten
    return route.remote


def url_of(route: Route) -> str:
    remote = remote_of(route)
    query = f"?{remote.query}" if remote.query else ""
    return f"{remote.scheme}://{remote.authority}{remote.path}{query}"


def refusal_of(route: Route) -> Answer:
    assert route.remote is None
    assert route.answer is not None
    return route.answer


@pytest.mark.parametrize(
    ("target", "url", "asked"),
    [
        ("http://localhost:3000/{R:1}", "/a/b?x=1", "http://localhost:3000/a/b?x=1"),
        ("http://localhost:3000/{R:0}?y=2", "/a?x=1", "http://localhost:3000/a?y=2&x=1"),
        ("HTTP://LocalHost/{R:1}", "/a", "http://localhost/a"),
        ("https://app.internal/{R:1}", "/a", "https://app.internal/a"),
        ("http://[::1]:8080/{R:1}", "/a", "http://[::1]:8080/a"),
        ("http://localhost:3000{REQUEST_URI}", "/a%20b?x=1", "http://localhost:3000/a%20b?x=1&x=1"),
        ("http://localhost:3000{UNENCODED_URL}", "/a%2fb", "http://localhost:3000/a%2fb"),
        ("http://localhost:3000", "/a", "http://localhost:3000/"),
        ("http://localhost:3000?a", "/", "http://localhost:3000/?a"),
        ("http://localhost/a b/é#f", "/", "http://localhost/a%20b/%C3%A9"),
        ("http://localhost/{UrlDecode:a%0d%0ab}", "/", "http://localhost/a%0D%0Ab"),
        ("http://localhost/?{UrlDecode:a%0d%0a b}", "/?x", "http://localhost/?a%0D%0A%20b&x"),
        ("http://localhost/?p={R:1}", "/a b/é", "http://localhost/?p=a%20b/%C3%A9"),
    ],
)
def test_the_url_that_is_asked(rules: RulesOf, visit: Visit, target: str, url: str, asked: str) -> None:
    assert url_of(visit(rules(to(target)), url)) == asked


def test_what_was_escaped_stays_escaped(rules: RulesOf, visit: Visit) -> None:
    found = visit(rules(to("http://h/{R:1}")), "/a%3Fb%23c%25d?q", path="/a?b#c%d")
    assert url_of(found) == "http://h/a%3Fb%23c%25d?q"


def test_the_query_can_be_dropped(rules: RulesOf, visit: Visit) -> None:
    table = rules(to("http://h/x", more='appendQueryString="false"'))
    assert url_of(visit(table, "/?secret=1")) == "http://h/x"


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("http://h/", "h", 80),
        ("https://h/", "h", 443),
        ("http://h:8080/", "h", 8080),
        ("http://[::1]/", "::1", 80),
    ],
)
def test_host_and_port(rules: RulesOf, visit: Visit, target: str, host: str, port: int) -> None:
    remote = remote_of(visit(rules(to(target)), "/"))
    assert (remote.host, remote.port) == (host, port)


def test_passing_on_ends_the_rules(rules: RulesOf, visit: Visit) -> None:
    table = rules(to("http://h/{R:1}", name="1") + to("never", name="2"))
    assert url_of(visit(table, "/a")) == "http://h/a"


def test_a_global_rule_can_pass_on(site: SiteOf, visit: Visit) -> None:
    body = f"<globalRules>{to('http://h/{R:1}')}</globalRules><rules>{to('never', name='n')}</rules>"
    table = site({"": f"<system.webServer><rewrite>{body}</rewrite></system.webServer>"})
    assert url_of(visit(table, "/a")) == "http://h/a"


# Who may choose the server

MAPS = (
    '<rewriteMaps><rewriteMap name="Apps" defaultValue="http://app0.internal">'
    '<add key="one" value="app1.internal"/><add key="two" value="http://app2.internal:8080/base"/></rewriteMap></rewriteMaps>'
)


def mapped(rules: str) -> dict[str, str]:
    return {"": f"<system.webServer><rewrite>{MAPS}<rules>{rules}</rules></rewrite></system.webServer>"}


@pytest.mark.parametrize(
    ("target", "conditions", "url", "asked"),
    [
        ("http://{Apps:one}/{R:1}", "", "/a", "http://app1.internal/a"),
        ("{Apps:{R:1}}", "", "/two", "http://app2.internal:8080/base"),
        ("{Apps:{R:1}}/x", "", "/other", "http://app0.internal/x"),
        ("http://{C:1}/{R:1}", when("{Apps:{HTTP_X}}", "(.+)"), "/a", "http://app1.internal/a"),
        ("https://{HTTP_Y}/{R:1}", "", "/a", "https://app2.internal:8080/a"),
    ],
)
def test_a_server_that_the_configuration_names_can_be_chosen(
    site: SiteOf, visit: Visit, target: str, conditions: str, url: str, asked: str
) -> None:
    headers = {"x": "one", "y": "APP2.internal:8080"}
    assert (
        url_of(visit(site(mapped(to(target, conditions=conditions))), url, headers=headers)).lower() == asked
    )


@pytest.mark.parametrize(
    ("target", "path", "header"),
    [
        ("http://{R:1}/x", "/evil.test", ""),
        ("http://{HTTP_X}/", "/", "169.254.169.254"),
        ("http://{HTTP_HOST}:8080/", "/", ""),
        ("http://{HTTP_X}", "/", "evil.test/app1.internal"),
        ("http://app1.internal{R:1}", "/.evil.test", ""),
        ("http://app1.internal{R:1}", "/@evil.test", ""),
        ("http://app1.internal:{HTTP_X}/", "/", "22"),
        ("http://app1.{HTTP_X}/", "/", "evil.test"),
        ("http://{HTTP_X}@app1.internal/", "/", "u:p"),
        ("http://app1.internal{HTTP_X}", "/", ":9"),
        ("{HTTP_X}", "/", "http://evil.test/"),
        ("{UrlDecode:{R:1}}", "/http%3a//evil.test", ""),
        ("{HTTP_X}://app1.internal/", "/", "gopher"),
        ("http:{HTTP_X}", "/", "//evil.test/"),
    ],
)
def test_a_server_of_the_client_s_choice_is_never_asked(
    site: SiteOf, visit: Visit, target: str, path: str, header: str
) -> None:
    table = site(mapped(to(target)))
    refused = refusal_of(visit(table, path, path=path, headers={"x": header}))
    assert (refused.status, refused.sub_status) == (502, 3)
    assert "rule 'r' (web.config:1)" in refused.reason


def test_the_refusal_says_what_to_write(rules: RulesOf, visit: Visit) -> None:
    table = rules(to("http://{HTTP_HOST}:8080/{R:1}"))
    refused = refusal_of(visit(table, "/a", headers={"host": "inner.test"}))
    assert "'inner.test:8080', which the request chose" in refused.reason
    assert "<rewriteMap>" in refused.fix
    (note,) = table.notes
    assert note.matters
    assert "leaves it to the request which server is asked" in note.text
    assert rules(to("http://localhost:3000/{R:1}")).notes == ()


@pytest.mark.parametrize(
    "target", ["http://user:secret@h/", "http://h:0/", "http://h:70000/", "http:///", "ws://h/"]
)
def test_what_is_no_server_is_refused(rules: RulesOf, visit: Visit, target: str) -> None:
    refused = refusal_of(visit(rules(to(target)), "/"))
    assert (refused.status, refused.sub_status) == (502, 3)


@pytest.mark.parametrize(
    ("target", "header"),
    [
        ("http://h/app/{HTTP_X}", "../admin"),
        ("http://h/app/{HTTP_X}", "a/../../admin"),
        ("http://h/app/{HTTP_X}", "%2e%2E/admin"),
        ("http://h/app/{HTTP_X}", "..\\admin"),
        ("http://h/app/{HTTP_X}", "..%5cadmin"),
        ("http://h/app/{HTTP_X}", "."),
        ("http://h/app{HTTP_X}", "/.."),
    ],
)
def test_a_path_that_climbs_is_refused(rules: RulesOf, visit: Visit, target: str, header: str) -> None:
    assert refusal_of(visit(rules(to(target)), "/", headers={"x": header})).status == 400


def test_dots_in_names_and_queries_are_fine(rules: RulesOf, visit: Visit) -> None:
    assert url_of(visit(rules(to("http://h/{R:1}")), "/a..b/.c?d=/../e")) == "http://h/a..b/.c?d=/../e"


_PIECE = st.sampled_from(
    ["evil.test", "h", ".", "@", ":", "/", "\\", "?", "#", "%2f", "%40", "\t", " ", "\r\n", "http://", "x"]
)


@given(pieces=st.lists(_PIECE, max_size=6).map("".join))
def test_whatever_a_client_sends_the_server_stays(rules: RulesOf, visit: Visit, pieces: str) -> None:
    for target in (
        "http://h:81/?{HTTP_X}",
        "http://h:81/{HTTP_X}",
        "http://h:81{HTTP_X}",
        "http://{HTTP_X}",
        "http://h:81{R:1}",
        "{HTTP_X}",
    ):
        table = rules(to("http://h:81/", match="^never-it-is", name="named") + to(target))
        found = visit(table, "/", path="/" + "".join(filter(str.isprintable, pieces)), headers={"x": pieces})
        if found.remote is not None:
            assert (found.remote.host, found.remote.port) == ("h", 81)
            assert found.remote.path.startswith("/")
            for text in (found.remote.path, found.remote.query):
                assert text.isprintable()
                assert text.isascii()
                assert " " not in text


# system.webServer/proxy


def proxied(proxy: str) -> dict[str, str]:
    rule = to("http://h/")
    return {"": f"<system.webServer>{proxy}<rewrite><rules>{rule}</rules></rewrite></system.webServer>"}


def test_the_proxy_s_settings_go_with_the_request(site: SiteOf, visit: Visit) -> None:
    assert remote_of(visit(site(proxied("")), "/")).proxy == ProxySettings()
    said = (
        '<proxy enabled="true" preserveHostHeader="true" reverseRewriteHostInResponseHeaders="false"'
        ' timeout="{}"/>'
    )
    table = site(proxied(said.format("00:00:30")))
    assert remote_of(visit(table, "/")).proxy == ProxySettings(True, True, False, 30.0)
    assert table.notes == ()
    with pytest.raises(ConfigError, match="not allowed"):
        site(proxied(said.format("00:00:00")))


def test_passing_on_can_be_switched_off(site: SiteOf, visit: Visit) -> None:
    refused = refusal_of(visit(site(proxied('<proxy enabled="false"/>')), "/"))
    assert (refused.status, refused.sub_status) == (502, 3)
    assert 'Write enabled="true"' in refused.fix


def test_what_of_the_proxy_is_not_done_is_noted(site: SiteOf) -> None:
    table = site(proxied('<proxy includePortInXForwardedFor="false"><cache enabled="false"/></proxy>'))
    (note,) = table.notes
    assert note.text == "proxy includePortInXForwardedFor is not done yet"
