"""What a browser sends for a stranger's page."""

from __future__ import annotations

import pytest

from webstead.services.browsers import is_cross_site

HOST = {"host": "shop.scm.localhost:8001"}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {}),
        ("POST", {"origin": "http://shop.scm.localhost:8001"}),
        ("POST", {"origin": "http://shop.scm.localhost:8001", "sec-fetch-site": "same-origin"}),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}),
        ("GET", {"sec-fetch-site": "none"}),
        ("WEBSOCKET", {"origin": "http://shop.scm.localhost:8001"}),
    ],
)
def test_its_own_pages_programs_and_followed_links_are_let_in(method: str, headers: dict[str, str]) -> None:
    assert not is_cross_site(method, {**HOST, **headers})


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}),
        ("POST", {"sec-fetch-site": "same-site", "origin": "http://shop.localhost:8000"}),
        ("POST", {"origin": "http://evil.example"}),
        ("POST", {"origin": "null"}),
        ("POST", {"origin": "http://[bad"}),
        ("POST", {"origin": "http://shop.scm.localhost:8000", "sec-fetch-site": "same-origin"}),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}),
        ("GET", {"origin": "http://evil.example"}),
        ("WEBSOCKET", {"origin": "http://shop.localhost:8000"}),
        ("DELETE", {"sec-fetch-site": "cross-site"}),
    ],
)
def test_a_strangers_page_is_refused(method: str, headers: dict[str, str]) -> None:
    assert is_cross_site(method, {**HOST, **headers})
