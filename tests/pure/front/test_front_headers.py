from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.headers import HOP_BY_HOP, is_host, joined, response_headers

OURS = (b"server", b"Webstead")


def test_names_become_lower_case_and_order_is_kept() -> None:
    pairs = [(b"X-B", b"1"), (b"Content-Type", b"text/html"), (b"x-a", b"2")]
    assert response_headers(pairs, OURS) == [
        (b"x-b", b"1"),
        (b"content-type", b"text/html"),
        (b"x-a", b"2"),
        OURS,
    ]


def test_the_app_s_server_header_is_kept_and_comes_once() -> None:
    assert response_headers([(b"Server", b"app"), (b"SERVER", b"two")], OURS) == [(b"server", b"app")]


@pytest.mark.parametrize("name", sorted(HOP_BY_HOP))
def test_hop_by_hop_headers_of_an_app_are_dropped(name: bytes) -> None:
    assert response_headers([(name.title(), b"x")], OURS) == [OURS]


def test_what_connection_names_is_dropped_too() -> None:
    pairs = [(b"X-Trace", b"1"), (b"Connection", b"close, X-Trace"), (b"X-Other", b"2")]
    assert response_headers(pairs, OURS) == [(b"x-other", b"2"), OURS]


@pytest.mark.parametrize(
    "pair",
    [(b"x y", b"1"), (b"", b"1"), (b"x:", b"1"), (b"x\r\ny", b"1"), (b"\xff", b"1"), (b"x", b"a\x00b")],
)
def test_what_is_no_header_is_dropped(pair: tuple[bytes, bytes]) -> None:
    assert response_headers([pair], OURS) == [OURS]


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: x", b"a\nb", b"a\rb"])
def test_a_value_cannot_add_a_header(value: bytes) -> None:
    assert response_headers([(b"x-a", value)], OURS) == [OURS]


def test_one_content_length_remains() -> None:
    pairs = [
        (b"Content-Length", b"5"),
        (b"content-length", b"7"),
        (b"Content-Type", b"a"),
        (b"Content-Type", b"b"),
    ]
    assert response_headers(pairs, OURS) == [(b"content-length", b"5"), (b"content-type", b"a"), OURS]


@pytest.mark.parametrize("value", [b"", b"-1", b"5,5", b"+5", b"0x5", b"five", b"9" * 19])
def test_a_content_length_that_is_no_number_is_dropped(value: bytes) -> None:
    assert response_headers([(b"Content-Length", value)], OURS) == [OURS]


def test_cookies_may_repeat() -> None:
    pairs = [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")]
    assert response_headers(pairs, OURS) == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), OURS]


@given(st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=8))
def test_nothing_invalid_passes(pairs: list[tuple[bytes, bytes]]) -> None:
    kept = response_headers(pairs, OURS)
    assert [name for name, _ in kept].count(b"server") == 1
    for name, value in kept:
        assert name
        assert name == name.lower()
        assert not set(name) & set(b"\r\n\x00 :")
        assert not set(value) & set(b"\r\n\x00")


@pytest.mark.parametrize(
    "host", [b"a", b"a.test:80", b"[::1]:8000", b"127.0.0.1", b"xn--bcher-kva.test", b"a_b:", b"a:65535"]
)
def test_hosts(host: bytes) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *(b"", b"a b", b"a/b", b"a\r\n", b"http://a", b"a:b", b"[::1", b"a@b", b"a?b", b"\xff"),
        *(b"a:65536", b"[:::::]", b"[1.2.3.4]", b"a,b", b"a&b", b"a'b", b"%61", b"a" * 254),
    ],
)
def test_what_is_no_host(host: bytes) -> None:
    assert not is_host(host)


def test_repeated_request_headers_are_joined() -> None:
    listed = [(b"accept", b"a"), (b"cookie", b"x=1"), (b"accept", b"b"), (b"cookie", b"y=2")]
    assert joined(listed) == {b"accept": b"a, b", b"cookie": b"x=1; y=2"}


def test_the_same_length_twice_is_one() -> None:
    assert joined([(b"content-length", b"5"), (b"content-length", b"5")]) == {b"content-length": b"5"}


@pytest.mark.parametrize("name", [b"host", b"content-length"])
def test_two_hosts_or_lengths_are_an_attack(name: bytes) -> None:
    assert joined([(name, b"1"), (name, b"2")]) is None
