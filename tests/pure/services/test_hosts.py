"""Which management a host name means."""

from __future__ import annotations

import pytest

from webstead.services.hosts import Addressed, addressed

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
        ("127.0.0.1:8001", Addressed()),
        ("[::1]:8001", Addressed()),
        ("localhost", Addressed()),
        ("a.b.localhost", Addressed()),
        ("", Addressed()),
    ],
)
def test_a_host_means(host: str, meant: Addressed) -> None:
    assert addressed(host, "localhost", OWN.get) == meant
