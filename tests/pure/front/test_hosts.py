"""Which site a Host header leads to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.hosts import Hosts, host_name

ROUTES = {
    "shop.localhost": "shop",
    "shop.example": "shop",
    "*.scm.localhost": "management",
    "own.scm.localhost": "own",
    "[::1]": "six",
}
LABELS = st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("host", "site"),
    [
        (b"shop.localhost", "shop"),
        (b"Shop.LOCALHOST:8000", "shop"),
        (b"shop.example.", "shop"),
        (b"shop.example.:80", "shop"),
        (b"blog.scm.localhost", "management"),
        (b"own.scm.localhost", "own"),
        (b"a.b.scm.localhost", None),
        (b"scm.localhost", None),
        (b".scm.localhost", None),
        (b"[::1]:8000", "six"),
        (b"[::1]", "six"),
        (b"localhost", None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_the_most_exact_route_wins(host: bytes, site: str | None) -> None:
    hosts = Hosts(ROUTES)
    assert hosts.of(host) == site
    assert hosts.of(host) == site, "and again, from memory"
    assert hosts.only is None


def test_every_other_host_has_the_site_of_any() -> None:
    hosts = Hosts({**ROUTES, "*": "rest"})
    assert hosts.of(b"whoever") == "rest"
    assert hosts.of(b"shop.example") == "shop"
    assert set(hosts.goals) == {"shop", "management", "own", "six", "rest"}


def test_a_front_of_one_site_looks_at_no_host() -> None:
    assert Hosts({"*": "app"}).only == "app"


@given(st.lists(LABELS, min_size=1, max_size=4), st.sampled_from(["", ":80", ".", ".:8080"]))
def test_case_port_and_dot_make_no_difference(labels: list[str], rest: str) -> None:
    name = ".".join(labels)
    assert host_name(f"{name.upper()}{rest}".encode()) == name
    assert Hosts({name: "it"}).of(f"{name.title()}{rest}".encode()) == "it"


@given(st.binary(max_size=80))
def test_any_bytes_are_some_host(host: bytes) -> None:
    assert Hosts(ROUTES).of(host) in {*ROUTES.values(), None}


def test_what_clients_ask_for_is_not_kept_without_end() -> None:
    hosts = Hosts({"*": "app", "x": "y"})
    for number in range(3000):
        assert hosts.of(b"h%d" % number) == "app"
