"""The files that are measured are what they are said to be: compiled by the engine, asked as by the bench."""

from __future__ import annotations

import pytest

from bench.webconfigs import REAL, long_file, many_rules, real_rules, without_rules
from webstead.formats.webconfig import Request, Route, Site, compile_site, parse
from webstead.formats.webconfig.schema.rewrite import REWRITE_RULES

ARTICLE = "/articles/1000000/a-title-of-some-words"


def _site(text: str) -> Site:
    return compile_site([("", parse(text.encode(), "web.config"))])


def _asked(site: Site, path: str, host: str = "127.0.0.1:8000") -> Route:
    headers = {"host": host, "user-agent": "wrk"}
    request = Request("GET", path, path, "page=7", "http", host, 8000, "127.0.0.1", headers)
    return site.route(request, lambda path: "none")


@pytest.mark.parametrize(
    ("text", "rules"), [(real_rules(), REAL), (many_rules(500), 500), (without_rules(), 0)]
)
def test_each_has_its_rules_and_nothing_to_be_noted(text: str, rules: int) -> None:
    site = _site(text)
    assert len(site.of(REWRITE_RULES, "/")) == rules
    assert site.notes == ()


@pytest.mark.parametrize("text", [many_rules(500), without_rules(), long_file(1000)])
def test_no_rule_matches_what_the_bench_asks(text: str) -> None:
    route = _asked(_site(text), ARTICLE)
    assert route.handler is not None
    assert (route.path, route.query, route.rewritten) == (ARTICLE, "page=7", False)


def test_of_twenty_rules_the_last_one_gives_the_request_to_the_app() -> None:
    route = _asked(_site(real_rules()), "/")
    assert route.handler is not None
    assert (route.path, route.query) == ("/handler.fcgi/", "page=7")


def test_the_twenty_rules_do_what_they_say() -> None:
    site = _site(real_rules())
    answers = {path: _asked(site, path).answer for path in ("/wp-admin/x", "/.git/config", "/Old", "/feed")}
    assert {path: answer and (answer.status, answer.location) for path, answer in answers.items()} == {
        "/wp-admin/x": (404, ""),
        "/.git/config": (404, ""),
        "/Old": (301, "/old?page=7"),
        "/feed": (301, "/news/feed.xml?page=7"),
    }
    elsewhere = _asked(site, "/a", "example.com").answer
    assert elsewhere is not None
    assert elsewhere.location == "https://example.com/a?page=7"


def test_the_long_file_is_as_long_as_it_says() -> None:
    lines = long_file(1000).count("\n")
    assert 1000 <= lines <= 1020
