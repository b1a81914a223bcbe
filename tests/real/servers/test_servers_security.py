"""Old holes of FastCGI set-ups, tried through each web server."""

from __future__ import annotations

import pytest

from .client import Answer, environ_of
from .conftest import Stage
from .test_servers_requests import get

PASSES_UNDERSCORES = {"lighttpd"}
"""It has no way to drop them: https://redmine.lighttpd.net has no such option in 1.4.69."""


def test_a_proxy_header_is_no_setting_of_the_app(stage: Stage) -> None:
    """httpoxy, CVE-2016-5385."""
    assert "HTTP_PROXY" not in environ_of(get(stage.port, b"/", b"Proxy: http://evil.example/"))


@pytest.mark.parametrize("name", [b"X-Original-URL", b"X-Rewrite-URL"])
def test_a_client_does_not_choose_the_path(stage: Stage, name: bytes) -> None:
    """wfastcgi took PATH_INFO from it."""
    environ = environ_of(get(stage.port, b"/public", name + b": /admin"))
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/public")


@pytest.mark.parametrize("name", [b"X_Forwarded_For", b"Content_Length", b"X_Own"])
def test_a_header_with_an_underscore_is_no_other_header(stage: Stage, name: bytes) -> None:
    environ = environ_of(get(stage.port, b"/", name + b": 7"))
    arrived = environ.get(f"HTTP_{name.decode().upper()}") == "7"
    assert arrived == (stage.kind in PASSES_UNDERSCORES)
    assert environ.get("CONTENT_LENGTH", "") in ("", "0")


@pytest.mark.parametrize("query", [b"-s", b"-d+allow_url_include%3D1", b"-h", b"--help"])
def test_a_query_is_never_a_word_of_a_command(stage: Stage, query: bytes) -> None:
    """CVE-2012-1823."""
    environ = environ_of(get(stage.port, b"/page?" + query))
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/page", query.decode())


@pytest.mark.parametrize("path", [b"/app/a%0ab", b"/app/%0a", b"/app/a%0a"])
def test_a_line_feed_in_the_path_moves_no_boundary(stage: Stage, path: bytes) -> None:
    """CVE-2019-11043: PATH_INFO was empty, because `.` of a pattern is no line feed."""
    answer = get(stage.mounted, path)
    if answer.status == 400:
        assert b"SCRIPT_NAME" not in answer.body
        return
    environ = environ_of(answer)
    assert environ["SCRIPT_NAME"] == "/app"
    assert environ["PATH_INFO"] == path.decode().removeprefix("/app").replace("%0a", "\n")


def test_nobody_is_logged_in_who_only_says_so(stage: Stage) -> None:
    environ = environ_of(get(stage.port, b"/", b"Authorization: Basic YWRtaW46eA=="))
    assert environ["HTTP_AUTHORIZATION"] == "Basic YWRtaW46eA=="
    assert environ.get("REMOTE_USER", "") == ""
    assert environ.get("AUTH_TYPE", "") == ""


def test_a_tunnelled_variable_stays_a_header(stage: Stage) -> None:
    headers = (b"Script-Name: /evil", b"Https: on", b"Remote-Addr: 10.0.0.1", b"Path-Info: /evil")
    environ = environ_of(get(stage.port, b"/page", *headers))
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/page")
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("127.0.0.1", "http")


def test_a_host_that_does_not_agree_with_the_url(stage: Stage) -> None:
    """The name in the URL counts (RFC 9112, section 3.2.2)."""
    answer: Answer = get(stage.port, b"http://good.example/page")
    if answer.status == 400:
        return
    assert environ_of(answer)["HTTP_HOST"].partition(":")[0] == "good.example"
