from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig import Request
from webstead.formats.webconfig.maps import RewriteMap
from webstead.formats.webconfig.variables import (
    MAX_TEXT,
    BadTemplate,
    Captures,
    TooLong,
    UnknownMap,
    parse_template,
)

REQUEST = Request(
    method="POST",
    raw_target="/p%20q/r?x=1&y=%3F",
    path="/p q/r",
    query="x=1&y=%3F",
    scheme="https",
    host="example.org",
    port=8443,
    remote_address="192.0.2.7",
    headers={
        "host": "Example.org:8443",
        "user-agent": "Test/1",
        "x-a-b": "c",
        "content-type": "text/x",
        "content-length": "3",
    },
)


def captures(rule: tuple[str, ...] = (), conditions: tuple[str, ...] = ()) -> Captures:
    return Captures(REQUEST, "/now/here", "q=2", rule, conditions)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUERY_STRING", "q=2"),
        ("REQUEST_URI", "/p%20q/r?x=1&y=%3F"),
        ("UNENCODED_URL", "/p%20q/r?x=1&y=%3F"),
        ("URL", "/now/here"),
        ("PATH_INFO", "/now/here"),
        ("SCRIPT_NAME", "/now/here"),
        ("REQUEST_FILENAME", "/now/here"),
        ("REQUEST_METHOD", "POST"),
        ("HTTP_HOST", "Example.org:8443"),
        ("SERVER_NAME", "example.org"),
        ("SERVER_PORT", "8443"),
        ("SERVER_PORT_SECURE", "1"),
        ("HTTPS", "on"),
        ("REMOTE_ADDR", "192.0.2.7"),
        ("CONTENT_TYPE", "text/x"),
        ("CONTENT_LENGTH", "3"),
        ("HTTP_USER_AGENT", "Test/1"),
        ("HTTP_X_A_B", "c"),
        ("HTTP_ABSENT", ""),
        ("HTTP_URL", "/p%20q/r?x=1&y=%3F"),
        ("HTTP_METHOD", "POST"),
        ("HTTP_COOKIE", ""),
        ("DOCUMENT_ROOT", ""),
        ("APPL_PHYSICAL_PATH", "/"),
        ("APP_POOL_ID", "Webstead"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("REQUEST_SCHEME", "https"),
        ("REMOTE_HOST", "192.0.2.7"),
        ("CACHE_URL", "https://Example.org:8443/p%20q/r?x=1&y=%3F"),
        ("NO_SUCH_VARIABLE", ""),
    ],
)
def test_server_variables_in_any_case(name: str, value: str) -> None:
    for spelling in (name, name.lower()):
        assert parse_template("{" + spelling + "}").expand(captures()) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a/{R:1}/{R:0}", "a/one/all"),
        ("{r:1}{c:1}", "onec1"),
        ("{R:9}{C:9}", ""),
        ("{C:0}-{C:1}", "c0-c1"),
        ("{ToLower:{R:2}}", "mixed"),
        ("{tolower:A{R:2}B}", "amixedb"),
        ("{UrlEncode:{R:3}}", "a%20b%2Fc%3F%C3%A9"),
        ("{UrlDecode:%41+%2F}", "A+/"),
        ("{HtmlEncode:<{R:1}>}", "&lt;one&gt;"),
        ("{ToLower:{UrlDecode:%41}}", "a"),
    ],
)
def test_captures_and_functions(text: str, value: str) -> None:
    groups = captures(("all", "one", "MiXed", "a b/c?é"), ("c0", "c1"))
    assert parse_template(text).expand(groups) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{R:1}", "a%3Fb%23c%25d"),
        ("{ToLower:{R:1}}", "a%3fb%23c%25d"),
        ("{UrlEncode:{R:1}}", "a%3Fb%23c%25d"),
        ("{C:1}", "a?b#c%d"),
        ("{QUERY_STRING}", "q=2"),
        ("?x=%20", "?x=%20"),
    ],
)
def test_in_a_url_what_was_decoded_cannot_start_a_query(text: str, value: str) -> None:
    groups = captures(("", "a?b#c%d"), ("", "a?b#c%d"))
    assert parse_template(text).expand(groups, for_url=True) == value


@pytest.mark.parametrize(
    "text", ["{", "}", "{R:1", "{R:123}", "{}", "{:x}", "{ToLower:{R:1}", "a}b", "{ToLower:" * 40 + "}" * 40]
)
def test_braces_that_do_not_pair_are_refused(text: str) -> None:
    with pytest.raises(BadTemplate):
        parse_template(text)


def test_references_are_found_within_functions() -> None:
    template = parse_template("{ToLower:{R:1}{Map:{HTTP_HOST}}}x")
    assert [(ref.kind, ref.name) for ref in template.references()] == [
        ("function", "tolower"),
        ("rule", ""),
        ("map", "Map"),
        ("variable", "HTTP_HOST"),
    ]
    assert template.prefix == ""
    assert parse_template("a/{R:1}").prefix == "a/"


@given(st.text(st.sampled_from("{}:RC1aToLower UrlEncode"), max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        template = parse_template(text)
    except BadTemplate:
        return
    assert template.source == text
    known = {
        ref.name.strip().lower(): RewriteMap(ref.name) for ref in template.references() if ref.kind == "map"
    }
    template.expand(replace(captures(("a", "b")), maps=known), for_url=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{Colours:red}", "#f00"),
        ("{colours:RED}", "#f00"),
        ("{Colours:{R:1}}", "#f00"),
        ("{Colours:{ToLower:R{R:2}}}", "#f00"),
        ("{Colours:no}", "none"),
        ("{ToLower:{Exact:Red}}", "r"),
        ("{Exact:red}", ""),
        ("{Colours:{Exact:Red}}", "none"),
        ("{UrlEncode:{Colours:red}}", "%23f00"),
        ("{HtmlEncode:{UrlDecode:%3Cb%3E}}", "&lt;b&gt;"),
    ],
)
def test_rewrite_maps_are_looked_up_within_any_text(text: str, value: str) -> None:
    maps = {
        "colours": RewriteMap("Colours", {"red": "#f00"}, "none"),
        "exact": RewriteMap("Exact", {"Red": "R"}, ignore_case=False),
    }
    assert parse_template(text).expand(replace(captures(("", "Red", "ED")), maps=maps)) == value


def test_a_map_that_is_not_there_is_told_by_its_name() -> None:
    with pytest.raises(UnknownMap, match="Colours"):
        parse_template("{Colours:red}").expand(captures())


def test_what_a_rule_has_set_is_what_a_variable_holds() -> None:
    state = replace(captures(), variables={"HTTP_USER_AGENT": "set", "MINE": "1"})
    assert parse_template("{HTTP_User_Agent}{mine}{HTTP_X_A_B}").expand(state) == "set1c"


def test_the_original_url_is_ours_to_say() -> None:
    request = replace(REQUEST, headers={"x-original-url": "/forged"})
    template = parse_template("{HTTP_X_ORIGINAL_URL}")
    assert template.expand(Captures(request, "/", "")) == ""
    assert template.expand(Captures(request, "/", "", rewritten=True)) == "/p%20q/r?x=1&y=%3F"


def test_a_text_that_grows_without_end_is_stopped() -> None:
    long = captures(("x" * 1000,))
    assert len(parse_template("{R:0}" * (MAX_TEXT // 1000)).expand(long)) <= MAX_TEXT
    for text in ("{R:0}" * (MAX_TEXT // 1000 + 1), "{ToLower:" + "{UrlEncode:{R:0}}" * 1000 + "}"):
        with pytest.raises(TooLong):
            parse_template(text).expand(long)


@given(st.text(st.characters(exclude_characters="{}"), max_size=20))
def test_text_without_braces_stands_for_itself(text: str) -> None:
    assert parse_template(text).expand(captures()) == text
