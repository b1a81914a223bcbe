"""Who asks."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.management import NOW, PASSWORD, RUN, basic, bearer, directory, site_record
from webstead.services.auth import Basic, Bearer, Known, Refused, authenticate, credentials_of
from webstead.settings import Secret
from webstead.site.store.model import SCOPES, Token, granted

READER = Token("1", "ci", "shop", frozenset({"read"}), NOW)
KNOWN = directory(site_record("shop"), site_record("blog", basic_auth=False), tokens={"t0k": READER})


def ask(header: dict[str, str], site: str = "shop") -> Known | Refused:
    return authenticate(header.get("Authorization"), site, KNOWN, NOW)


@pytest.mark.parametrize("user", ["$shop", "shop\\$shop", "$SHOP"])
@pytest.mark.parametrize("site", ["shop", ""])
def test_the_publishing_user_may_do_everything_with_its_site(user: str, site: str) -> None:
    known = ask(basic(user, PASSWORD), site)
    assert isinstance(known, Known)
    assert (known.principal.name, known.principal.site, known.site) == ("$shop", "shop", "shop")
    assert known.principal.scopes == frozenset(SCOPES)


@pytest.mark.parametrize(
    ("header", "site"),
    [
        (basic("$shop", "wrong"), "shop"),
        (basic("$shop", ""), "shop"),
        (basic("shop", PASSWORD), "shop"),
        (basic("$shop", PASSWORD), "blog"),
        (basic("$none", PASSWORD), ""),
        (basic("$blog", "wrong"), "blog"),
        (bearer("wrong"), "shop"),
        ({"Authorization": "Digest x"}, "shop"),
        ({"Authorization": "Basic ***"}, "shop"),
        ({"Authorization": ""}, "shop"),
    ],
)
def test_wrong_credentials_are_a_guess(header: dict[str, str], site: str) -> None:
    refused = ask(header, site)
    assert isinstance(refused, Refused)
    assert refused.guess


def test_none_are_no_guess() -> None:
    refused = ask({})
    assert isinstance(refused, Refused)
    assert not refused.guess
    assert refused.basic


def test_the_right_password_of_a_site_without_basic_is_told_the_other_way() -> None:
    refused = ask(basic("$blog", "p4ssw0rd-of-blog"), "blog")
    assert isinstance(refused, Refused)
    assert "switched off" in refused.what
    assert "Bearer" in refused.fix
    assert not refused.basic
    assert not refused.guess


def test_a_token_has_its_scopes_and_its_site() -> None:
    known = ask(bearer("t0k"))
    assert isinstance(known, Known)
    assert (known.principal.name, known.principal.site) == ("token:ci", "shop")
    assert known.principal.scopes == {"read"}


def test_who_may_deploy_may_look_at_what_comes_of_it() -> None:
    deploys = Token("2", "ci", "shop", frozenset({"deploy"}), NOW)
    known = authenticate("Bearer d3p", "shop", directory(site_record(), tokens={"d3p": deploys}), NOW)
    assert isinstance(known, Known)
    assert known.principal.scopes == {"deploy", "read"}
    for scope in SCOPES:
        assert granted([scope]) - {scope} == (frozenset({"read"}) if scope == "deploy" else frozenset())
    assert granted(SCOPES) == frozenset(SCOPES)


def test_the_token_of_this_run_is_for_all_sites() -> None:
    known = ask(bearer(RUN.reveal()), "")
    assert isinstance(known, Known)
    assert known.principal.site == ""
    assert known.principal.scopes == frozenset(SCOPES)


def test_without_a_token_of_this_run_none_fits() -> None:
    nobody = directory(run=None)
    assert isinstance(authenticate("Bearer ", "", nobody, NOW), Refused)
    assert isinstance(authenticate("Bearer x", "", nobody, NOW), Refused)


def test_a_password_may_hold_colons_and_any_letters() -> None:
    header = "basic " + base64.b64encode("$shop:a:b ß".encode()).decode()
    assert credentials_of(header) == Basic("shop", Secret("a:b ß"))
    assert credentials_of("BEARER  x ") == Bearer(Secret("x"))


@given(st.text())
def test_any_header_is_read_or_none(text: str) -> None:
    for header in (text, f"Basic {text}", f"Bearer {text}"):
        given_ = credentials_of(header)
        assert given_ is None or isinstance(given_, Basic | Bearer)
