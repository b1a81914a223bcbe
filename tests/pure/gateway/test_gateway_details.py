from __future__ import annotations

import pytest

from webstead.gateway.observe.details import sees_details


@pytest.mark.parametrize(
    ("address", "sees"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("127.0.0.1.evil.test", False),
        ("", False),
    ],
)
def test_only_this_machine_sees_details(address: str, sees: bool) -> None:
    assert sees_details({"REMOTE_ADDR": address}) is sees


@pytest.mark.parametrize(
    ("host", "sees"),
    [
        ("localhost:8000", True),
        ("site.localhost", True),
        ("127.0.0.1:80", True),
        ("[::1]:8000", True),
        ("evil.test", False),
        ("127.0.0.1.evil.test", False),
        ("localhost.evil.test:80", False),
    ],
)
def test_a_name_of_somebody_else_that_leads_here_sees_none(host: str, sees: bool) -> None:
    assert sees_details({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": host}) is sees


@pytest.mark.parametrize("name", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"])
def test_behind_a_proxy_nobody_is_local(name: str) -> None:
    assert not sees_details({"REMOTE_ADDR": "127.0.0.1", name: "9.9.9.9"})
