"""What a served site's processes are given."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from webstead.settings import Secret
from webstead.site.homes import SiteHome
from webstead.site.served import ORIGIN, environ_of, overrides_of

HOME = SiteHome(Path("/srv/sites/shop"))
NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,12}", fullmatch=True)


def test_it_gets_its_settings_and_its_place_and_nothing_of_the_servers() -> None:
    server = {
        "PATH": "/bin",
        "AWS_SECRET": "x",
        "WEBSTEAD_SERVER_TOKEN": "y",
        "LC_ALL": "C",
        "PYTHONPATH": "/z",
    }
    assert environ_of(HOME, {"DEBUG": "1"}, "shop.localhost", server) == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "APPSETTING_DEBUG": "1",
        "HOME": "/srv/sites/shop",
        "WEBROOT_PATH": "/srv/sites/shop/site/wwwroot",
        "WEBSITE_HOSTNAME": "shop.localhost",
        "WEBSITE_SITE_NAME": "shop",
    }


@given(st.dictionaries(NAMES, st.text(max_size=8)))
def test_no_setting_moves_its_home(settings: dict[str, str]) -> None:
    assert environ_of(HOME, settings, "h", {})["HOME"] == "/srv/sites/shop"


def test_settings_go_into_the_plan_with_their_origin_and_secrets_are_secret() -> None:
    plain, secret = overrides_of({"DEBUG": "1", "DB_PASSWORD": "pw"}).settings
    assert (plain.name, plain.value, plain.origin) == ("DEBUG", "1", ORIGIN)
    assert secret.value == Secret("pw")
