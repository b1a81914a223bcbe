"""The nginx configuration: the same for all but for what the contender needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.nginx import FASTCGI_PARAMS, FastCgi, Http, Static, configuration

SOCKET = Path("/run/app.socket")
SOURCES = (FastCgi(SOCKET, keep=True), FastCgi(SOCKET, keep=False), Http(SOCKET), Static(Path("/site")))


def test_with_the_host_header_there_are_36_variables() -> None:
    names = {name for name, _ in FASTCGI_PARAMS}
    assert len(names | {"HTTP_HOST"}) == len(FASTCGI_PARAMS) + 1 == 36


@pytest.mark.parametrize("source", SOURCES)
def test_every_contender_has_one_worker_on_loopback_and_no_access_log(
    source: FastCgi | Http | Static,
) -> None:
    lines = configuration(source, 8123, Path("/tmp/run")).splitlines()
    assert "worker_processes 1;" in lines
    assert "access_log off;" in lines
    assert [line for line in lines if line.startswith("listen")] == ["listen 127.0.0.1:8123;"]


@pytest.mark.parametrize("source", SOURCES)
def test_braces_close(source: FastCgi | Http | Static) -> None:
    text = configuration(source, 8123, Path("/tmp/run"))
    assert text.count("{") == text.count("}")


def test_connections_are_kept_only_where_the_application_keeps_them() -> None:
    kept, closed = (configuration(FastCgi(SOCKET, keep=keep), 1, Path("/tmp")) for keep in (True, False))
    assert "fastcgi_keep_conn on;" in kept
    assert "\nkeepalive 64;" in kept
    assert "fastcgi_keep_conn off;" in closed
    assert "\nkeepalive 64;" not in closed


def test_a_proxied_app_gets_kept_connections_and_the_host() -> None:
    text = configuration(Http(SOCKET), 1, Path("/tmp"))
    assert 'proxy_set_header Connection "";' in text
    assert "proxy_set_header Host $http_host;" in text
