"""Which site or management a host name leads to, and which names a site may have."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.settings import Secret
from webstead.site.hosts import (
    MANAGEMENT,
    Addressed,
    HostTaken,
    addressed,
    checked_host,
    first_host,
    routes,
)
from webstead.site.store.model import SiteOptions, SiteRecord


def record(name: str, *hosts: str) -> SiteRecord:
    return SiteRecord(name, hosts, False, datetime(2026, 1, 1, tzinfo=UTC), SiteOptions(), Secret(""))


SITES = (record("shop", "shop.example", "www.shop.example"), record("blog"))


def test_routes() -> None:
    assert routes(SITES, "localhost") == {
        "*.scm.localhost": MANAGEMENT,
        "scm.localhost": MANAGEMENT,
        "blog.localhost": "blog",
        "shop.localhost": "shop",
        "shop.example": "shop",
        "www.shop.example": "shop",
    }
    apart = routes(SITES, "localhost", apart=True)
    assert MANAGEMENT not in apart.values(), "it has a port of its own"
    assert apart["shop.example"] == "shop"
    assert [first_host(each, "localhost") for each in SITES] == ["shop.example", "blog.localhost"]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("WWW.Example.org.", "www.example.org"),
        (" shop.example ", "shop.example"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("10.0.0.1", "10.0.0.1"),
    ],
)
def test_a_host_as_the_front_compares_it(host: str, name: str) -> None:
    assert checked_host(host, "shop", SITES, "localhost") == name


@pytest.mark.parametrize(
    "host", ["", ".", "a..b", "-a.b", "a b", "http://a.b", "a.b:80", "a.b/c", "*.a", "x" * 64, "a." * 130]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="is no host name"):
        checked_host(host, "shop", SITES, "localhost")


@pytest.mark.parametrize("host", ["shop.example", "shop.localhost", "WWW.shop.example."])
def test_a_host_that_leads_to_another_site_is_refused(host: str) -> None:
    with pytest.raises(HostTaken, match="leads to the site shop already") as raised:
        checked_host(host, "blog", SITES, "localhost")
    assert raised.value.http_status == 409
    assert ("hosts remove" in raised.value.fix) is (host != "shop.localhost")


@pytest.mark.parametrize(
    "host", ["scm.localhost", "new.scm.localhost", "shop.scm.example", "scm.example.org"]
)
def test_a_host_that_means_a_management_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="leads to the management already"):
        checked_host(host, "blog", SITES, "localhost")


def test_the_name_of_a_site_that_may_be_made_is_refused() -> None:
    with pytest.raises(UsageError, match="server's own names"):
        checked_host("new.localhost", "blog", SITES, "localhost")
    assert checked_host("blog.localhost", "blog", SITES, "localhost") == "blog.localhost"
    assert checked_host("scm", "blog", SITES, "localhost") == "scm"


OWN = {"shop.example": "shop", "www.shop.example": "shop"}


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("shop.scm.localhost", Addressed("shop")),
        ("SHOP.scm.localhost:8001", Addressed("shop")),
        ("shop.scm.localhost.:8001", Addressed("shop")),
        ("shop.localhost:8001", Addressed("shop")),
        ("scm.localhost", Addressed(server=True)),
        ("shop.example", Addressed("shop")),
        ("www.shop.example:443", Addressed("shop")),
        ("shop.scm.example", Addressed("shop")),
        ("www.scm.shop.example", Addressed("shop")),
        ("www.shop.scm.example", Addressed()),
        ("127.0.0.1:8001", Addressed()),
        ("[::1]:8001", Addressed()),
        ("localhost", Addressed()),
        ("a.b.localhost", Addressed()),
        ("", Addressed()),
    ],
)
def test_a_host_means_a_management(host: str, meant: Addressed) -> None:
    assert addressed(host, "localhost", OWN.get) == meant


LABELS = st.sampled_from(["shop", "blog", "scm", "www", "example", "localhost"])
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


@given(st.lists(HOSTS, max_size=4), st.lists(HOSTS, max_size=4), HOSTS)
def test_what_two_sites_were_given_means_one_of_them_everywhere(
    shop: list[str], blog: list[str], asked: str
) -> None:
    sites = [record("shop"), record("blog")]
    for number, wanted in ((0, shop), (1, blog)):
        for host in wanted:
            try:
                name = checked_host(host, sites[number].name, sites, "localhost")
            except UsageError:
                continue
            sites[number] = record(sites[number].name, *sites[number].hosts, name)
    own = {host: site.name for site in sites for host in site.hosts}
    found = routes(sites, "localhost")
    assert all(found[host] == name for host, name in own.items())
    meant = addressed(asked, "localhost", own.get)
    if found.get(asked, MANAGEMENT) != MANAGEMENT:
        assert meant == Addressed(found[asked]), "both ports mean the same site"


@given(st.text(max_size=40))
def test_any_text_is_a_host_in_lower_case_or_refused(host: str) -> None:
    try:
        name = checked_host(host, "shop", (), "localhost")
    except UsageError:
        return
    assert name == name.lower()
    assert name.isascii()
    assert checked_host(name, "shop", (), "localhost") == name
