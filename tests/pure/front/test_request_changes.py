"""What rules have set of a request, and what a rule to another server does to its answer."""

from __future__ import annotations

import pytest

from webstead.formats.fastcgi.pairs import decode_pairs, encode_pairs
from webstead.formats.webconfig.model import ProxySettings, Remote, Route
from webstead.front.changes import Changes, changes_of
from webstead.front.remote import reversed_location


def changes(*variables: tuple[str, bytes]) -> Changes:
    made = changes_of(Route(None, None, "/", "", variables=variables))
    assert made is not None
    return made


SET = changes(
    ("HTTP_X_FOO", b"rule"),
    ("HTTP_ACCEPT_ENCODING", b""),
    ("CONTENT_TYPE", b"a/b"),
    ("HTTP_HOST", b"inner.test"),
    ("REMOTE_USER", "é".encode()),
)


def test_nothing_set_costs_nothing() -> None:
    assert changes_of(Route(None, None, "/", "")) is None


def test_what_a_rule_sets_stands_in_the_place_of_what_the_client_sent() -> None:
    sent = {b"host": b"site.test", b"x-foo": b"client", b"accept-encoding": b"br", b"x-other": b"1"}
    assert SET.apply(sent) == {
        b"host": b"inner.test",
        b"x-other": b"1",
        b"x-foo": b"rule",
        b"content-type": b"a/b",
    }
    assert SET.remove(sent) == {b"host": b"site.test", b"x-other": b"1"}


def test_what_a_rule_sets_stands_in_the_place_of_what_the_front_says() -> None:
    told = changes(("HTTP_X_FORWARDED_PROTO", b"https"))
    assert told.over([(b"x-forwarded-proto", b"http"), (b"x-a", b"1")]) == [
        (b"x-a", b"1"),
        (b"x-forwarded-proto", b"https"),
    ]


def test_other_variables_are_parameters_each_of_which_comes_once() -> None:
    block = encode_pairs([(b"REMOTE_USER", b""), (b"HTTPS", b"off"), (b"RAW", b"\xff")])
    merged = SET.over_parameters(block)
    assert merged.count(b"REMOTE_USER") == 1
    assert decode_pairs(merged) == {
        "REMOTE_USER": "é".encode().decode("latin-1"),
        "HTTPS": "off",
        "RAW": "\xff",
    }
    assert changes(("HTTP_X", b"1")).over_parameters(block) is block


REMOTE = Remote("http", "app.internal", 8080, "app.internal:8080", "/", "", ProxySettings())
PLAIN = Remote("http", "app.internal", 80, "app.internal", "/", "", ProxySettings())
SECURE = Remote("https", "::1", 8443, "[::1]:8443", "/", "", ProxySettings())


@pytest.mark.parametrize(
    ("remote", "location", "passed"),
    [
        (REMOTE, b"http://app.internal:8080/login?next=/", b"https://site.test/login?next=/"),
        (REMOTE, b"HTTP://App.Internal:8080", b"https://site.test"),
        (REMOTE, b"http://app.internal:8080?x", b"https://site.test?x"),
        (REMOTE, b"http://app.internal:80801/", None),
        (REMOTE, b"http://app.internal/", None),
        (REMOTE, b"https://app.internal:8080/", None),
        (REMOTE, b"http://other.test/", None),
        (REMOTE, b"/login", None),
        (PLAIN, b"http://app.internal:80/x", b"https://site.test/x"),
        (PLAIN, b"http://app.internal/x", b"https://site.test/x"),
        (PLAIN, b"http://app.internal.evil.test/", None),
        (SECURE, b"https://[::1]:8443/x", b"https://site.test/x"),
    ],
)
def test_a_redirect_to_the_other_server_becomes_one_to_the_site(
    remote: Remote, location: bytes, passed: bytes | None
) -> None:
    for name in (b"location", b"content-location"):
        assert reversed_location((name, location), remote, b"https://site.test") == (name, passed or location)
    assert reversed_location((b"link", location), remote, b"https://site.test") == (b"link", location)
