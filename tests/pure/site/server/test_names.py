"""The host names of sites."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.settings import Secret
from webstead.site.server.management import SITE
from webstead.site.server.names import checked_host, first_host, routes
from webstead.site.store.model import SiteOptions, SiteRecord


def record(name: str, *hosts: str) -> SiteRecord:
    return SiteRecord(name, hosts, False, datetime(2026, 1, 1, tzinfo=UTC), SiteOptions(), Secret(""))


SITES = (record("shop", "shop.example", "www.shop.example"), record("blog"))


def test_routes() -> None:
    assert routes(SITES, "localhost") == {
        "*.scm.localhost": SITE,
        "scm.localhost": SITE,
        "blog.localhost": "blog",
        "shop.localhost": "shop",
        "shop.example": "shop",
        "www.shop.example": "shop",
    }
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


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("shop.example", "the site shop"),
        ("shop.localhost", "the site shop"),
        ("scm.localhost", "the management"),
        ("blog.scm.localhost", "the management"),
    ],
)
def test_a_host_that_leads_elsewhere_is_refused(host: str, owner: str) -> None:
    with pytest.raises(UsageError, match=f"leads to {owner} already"):
        checked_host(host, "blog", SITES, "localhost")


@given(st.text(max_size=40))
def test_any_text_is_a_host_in_lower_case_or_refused(host: str) -> None:
    try:
        name = checked_host(host, "shop", (), "localhost")
    except UsageError:
        return
    assert name == name.lower()
    assert name.isascii()
    assert checked_host(name, "shop", (), "localhost") == name
