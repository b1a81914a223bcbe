"""What describes a site, and what no configuration could say."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.formats.servers import GatewaySite
from webstead.formats.servers.model import Listen

SITE = GatewaySite(
    target="shop:app",
    bind="unix:/run/shop.sock",
    directory="/srv/shop",
    python="/srv/env/bin/python",
    gateway="/srv/webstead/gateway",
)


@pytest.mark.parametrize(
    ("bind", "upstream"),
    [
        ("unix:/run/a.sock", "/run/a.sock"),
        ("unix:/run/a.sock,mode=660,group=www-data", "/run/a.sock"),
        ("tcp:127.0.0.1:9000", Listen("127.0.0.1", 9000)),
        ("tcp:[::1]:9000", Listen("[::1]", 9000)),
    ],
)
def test_where_the_gateway_is(bind: str, upstream: object) -> None:
    assert replace(SITE, bind=bind).upstream == upstream


@pytest.mark.parametrize("bind", ["fd:0", "unix:a.sock", "unix:", "tcp:9000", "tcp:h:0", "tcp:h:99999", ""])
def test_where_no_web_server_finds_the_gateway(bind: str) -> None:
    with pytest.raises(UsageError) as caught:
        replace(SITE, bind=bind)
    assert caught.value.fix


def test_the_longest_socket() -> None:
    assert replace(SITE, bind="unix:/" + "é" * 53).upstream == "/" + "é" * 53
    with pytest.raises(UsageError, match="too long"):
        replace(SITE, bind="unix:/" + "é" * 53 + "a")


@pytest.mark.parametrize("mount", ["/app", "/a/b", "/a.b-c_d~e"])
def test_mounts(mount: str) -> None:
    assert replace(SITE, mount=mount).mount == mount


@pytest.mark.parametrize(
    "mount", ["app", "/", "/app/", "//app", "/a b", "/..", "/a/../b", "/a/.", "/é", "/a;b", "/a\n", "/a%20"]
)
def test_what_is_no_mount(mount: str) -> None:
    with pytest.raises(UsageError, match="mount"):
        replace(SITE, mount=mount)


def test_the_root_is_no_mount() -> None:
    with pytest.raises(UsageError) as caught:
        replace(SITE, mount="/")
    assert caught.value.fix.startswith("Leave it out")


@pytest.mark.parametrize("name", ["a b", "*.example.org", "a;b", "-a", "a\n", "é", "a:80", "_"])
def test_what_is_no_server_name(name: str) -> None:
    with pytest.raises(UsageError, match="host name"):
        replace(SITE, server_name=name)


@pytest.mark.parametrize(
    "listen", ["8080", ":80", "a:b", "a:0", "a:65536", "a b:80", "::1:80", "a:80\n", "a:٨"]
)
def test_what_is_no_place_to_listen(listen: str) -> None:
    with pytest.raises(UsageError, match="listen"):
        replace(SITE, listen=listen)


@pytest.mark.parametrize("listen", ["127.0.0.1:80", "*:80", "[::]:80", "shop.example.org:65535"])
def test_places_to_listen(listen: str) -> None:
    assert str(replace(SITE, listen=listen).server) == listen


WITH: dict[str, Callable[[str], GatewaySite]] = {
    "target": lambda text: replace(SITE, target=text),
    "bind": lambda text: replace(SITE, bind=f"unix:/{text}"),
    "directory": lambda text: replace(SITE, directory=text),
    "python": lambda text: replace(SITE, python=text),
    "gateway": lambda text: replace(SITE, gateway=text),
    "static": lambda text: replace(SITE, static=(("/static", text),)),
}


@pytest.mark.parametrize("field", WITH)
@pytest.mark.parametrize("sign", ["\n", "\r", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"])
def test_control_characters_are_refused_everywhere(field: str, sign: str) -> None:
    with pytest.raises(UsageError, match="control character") as caught:
        WITH[field](f"a{sign}b")
    assert caught.value.found.isascii()


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="limit"):
        replace(SITE, max_body=0)


def test_static_pairs_end_where_a_segment_does() -> None:
    site = replace(SITE, static=(("/static", "/srv/a"), ("/media/", "/srv/b/")))
    assert site.folders == (("/static/", "/srv/a/"), ("/media/", "/srv/b/"))
    with pytest.raises(UsageError, match="static"):
        replace(SITE, static=(("static", "/srv"),))


def test_two_sites_of_a_server_have_two_names() -> None:
    names = {
        replace(SITE, mount=mount, listen=listen, server_name=name).name
        for mount in ("", "/app")
        for listen in ("*:80", "*:81")
        for name in ("", "shop.example.org")
    }
    assert len(names) == 8
    assert all(name.replace("_", "").isalnum() for name in names)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1))
def test_the_command_is_one_for_a_shell(directory: str) -> None:
    words = shlex.split(replace(SITE, directory=directory).command)
    assert words == [SITE.python, SITE.gateway, "--bind", SITE.bind, "--directory", directory, "shop:app"]
