"""Routes are found again for requests that are equal in what was looked at, and for no others."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.kept_routes import KeptRoutes, SeenHeaders
from webstead.front.limits import KEPT_HEADERS, KEPT_KEY, ROUTES_CACHED

Headers = Mapping[bytes, bytes]


def _keep(kept: KeptRoutes[str], key: str, headers: Headers, *looked_at: str, route: str = "route") -> None:
    seen = SeenHeaders(headers)
    for name in looked_at:
        seen.get(name)
    kept.keep((key,), headers, seen, route)


def test_a_route_that_no_header_was_looked_at_for_holds_for_all() -> None:
    kept: KeptRoutes[str] = KeptRoutes()
    _keep(kept, "/", {b"host": b"a", b"user-agent": b"x"}, "host")
    assert kept.get(("/",), {}) == "route"
    assert kept.get(("/other",), {}) is None


def test_a_route_holds_for_the_same_headers_that_were_looked_at() -> None:
    kept: KeptRoutes[str] = KeptRoutes()
    _keep(kept, "/", {b"user-agent": b"x", b"accept": b"y"}, "user-agent", "referer")
    assert kept.get(("/",), {b"user-agent": b"x"}) == "route"
    assert kept.get(("/",), {b"user-agent": b"x", b"referer": b""}) is None
    assert kept.get(("/",), {b"user-agent": b"z"}) is None
    _keep(kept, "/", {b"user-agent": b"z"}, "user-agent", route="other")
    assert kept.get(("/",), {b"user-agent": b"z"}) == "other"
    assert kept.get(("/",), {b"user-agent": b"x"}) == "route"


@pytest.mark.parametrize("name", ["cookie", "authorization"])
def test_secrets_are_not_kept(name: str) -> None:
    kept: KeptRoutes[str] = KeptRoutes()
    _keep(kept, "/", {name.encode(): b"x"}, name)
    assert kept.get(("/",), {name.encode(): b"x"}) is None


def test_looking_at_all_headers_keeps_nothing() -> None:
    for look in (list, len):
        seen = SeenHeaders({b"a": b"b"})
        look(seen)
        kept: KeptRoutes[str] = KeptRoutes()
        kept.keep(("/",), {}, seen, "route")
        assert kept.get(("/",), {}) is None


def test_long_keys_and_many_headers_are_not_kept() -> None:
    kept: KeptRoutes[str] = KeptRoutes()
    _keep(kept, "x" * (KEPT_KEY + 1), {})
    assert kept.get(("x" * (KEPT_KEY + 1),), {}) is None
    _keep(kept, "/", {b"a": b"x" * KEPT_KEY}, "a")
    assert kept.get(("/",), {b"a": b"x" * KEPT_KEY}) is None
    _keep(kept, "/b", {}, *(f"x-{number}" for number in range(KEPT_HEADERS + 1)))
    assert kept.get(("/b",), {}) is None


def test_what_is_asked_often_outlives_what_is_asked_once() -> None:
    kept: KeptRoutes[str] = KeptRoutes()
    _keep(kept, "/", {})
    _keep(kept, "/seldom", {})
    for number in range(3 * ROUTES_CACHED):
        assert kept.get(("/",), {}) == "route"
        _keep(kept, f"/{number}", {})
    assert kept.get(("/seldom",), {}) is None
    assert kept.get((f"/{3 * ROUTES_CACHED - 1}",), {}) == "route"


_SOME = st.dictionaries(st.sampled_from([b"a", b"b", b"c"]), st.sampled_from([b"", b"1", b"2"]))


@given(st.lists(_SOME, max_size=30))
def test_a_kept_route_is_the_one_that_would_be_found(requests: list[dict[bytes, bytes]]) -> None:
    """The headers that are looked at depend on the values of those before, as with rules."""

    def find(headers: Mapping[str, str]) -> str:
        first = headers.get("a", "-")
        if first == "1":
            return first
        second = headers.get("b", "-")
        return first + second if second == "2" else first + second + headers.get("c", "-")

    kept: KeptRoutes[str] = KeptRoutes()
    for headers in requests:
        expected = find({name.decode(): value.decode() for name, value in headers.items()})
        assert kept.get(("/",), headers) in (None, expected)
        seen = SeenHeaders(headers)
        kept.keep(("/",), headers, seen, find(seen))
        assert kept.get(("/",), headers) == expected
