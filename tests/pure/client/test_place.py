from __future__ import annotations

import base64

import pytest

from webstead.client.place import of_profile, of_server, of_url
from webstead.errors import ConfigError, UsageError
from webstead.formats.webdeploy import write_profiles
from webstead.settings import Secret

TOKEN = Secret("t0ken")


def basic(text: str) -> Secret:
    return Secret(f"Basic {base64.b64encode(text.encode()).decode()}")


def test_a_server_here_is_spoken_to_by_its_address_and_named_by_the_header() -> None:
    server = of_server("http://127.0.0.1:8000", "localhost", TOKEN, "the server of /srv")
    assert (server.base, server.host) == ("http://127.0.0.1:8000", "scm.localhost:8000")
    assert server.authorization == Secret("Bearer t0ken")
    site = server.of_site("shop")
    assert (site.base, site.host) == ("http://127.0.0.1:8000", "shop.scm.localhost:8000")
    assert (site.site, site.server) == ("shop", False)
    assert "t0ken" not in repr(site)


def test_a_sites_management_is_no_server() -> None:
    site = of_url("https://shop.scm.example.org", TOKEN)
    assert not site.server
    with pytest.raises(ValueError, match="own"):
        site.of_site("other")


def test_a_server_elsewhere_has_its_sites_beside_it() -> None:
    server = of_url("https://scm.example.org:8443", TOKEN)
    assert server.server
    assert server.of_site("shop").base == "https://shop.scm.example.org:8443"


def test_credentials_in_an_address_are_taken_and_not_told() -> None:
    place = of_url("https://$shop:p%40ss@shop.scm.example.org/", None)
    assert place.authorization == basic("$shop:p@ss")
    assert (place.base, place.words) == ("https://shop.scm.example.org",) * 2


def test_names_below_localhost_are_this_machine() -> None:
    place = of_url("http://shop.scm.localhost:8000", TOKEN)
    assert (place.base, place.host) == ("http://127.0.0.1:8000", "shop.scm.localhost:8000")
    assert place.is_local


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("shop.scm.example.org", "--url takes"),
        ("https://", "--url takes"),
        ("ftp://shop.example.org", "--url takes"),
        ("https://a:99999999", "--url takes"),
        ("http://shop.scm.example.org", "in clear"),
        ("http://192.0.2.1:8000", "in clear"),
    ],
)
def test_what_is_no_address_or_sends_in_clear_is_refused(url: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        of_url(url, TOKEN)


def test_an_address_without_credentials_is_refused_without_telling_any() -> None:
    with pytest.raises(UsageError) as raised:
        of_url("https://shop.scm.example.org", None)
    assert "WEBSTEAD_TOKEN" in raised.value.fix


def test_a_profile_names_address_and_credentials() -> None:
    text = write_profiles(
        "shop", "https://shop.scm.example.org", "https://shop.example.org", "$shop", Secret("p")
    )
    place = of_profile(text.encode(), "a")
    assert (place.base, place.authorization) == ("https://shop.scm.example.org", basic("$shop:p"))


def test_a_file_that_is_no_profile_is_refused() -> None:
    with pytest.raises(ConfigError):
        of_profile(b"<a/>", "a")
