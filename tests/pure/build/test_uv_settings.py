"""uv runs with the user's settings, with pip's where uv has none, and without what is active here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.uv import uv_variables, with_settings, without_credentials
from webstead.settings import Setting


def test_what_would_lead_uv_to_another_environment_is_dropped() -> None:
    kept = uv_variables(
        {"VIRTUAL_ENV": "/v", "UV_PYTHON": "3", "PYTHONPATH": "/p", "UV_CACHE_DIR": "/c", "HOME": "/h"}
    )
    own = {"UV_CACHE_DIR": "/c", "HOME": "/h", "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}
    assert kept == {**own, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}


def test_git_does_not_ask_unless_the_user_says_so() -> None:
    assert "GIT_SSH_COMMAND" not in uv_variables({"GIT_SSH": "/usr/bin/plink"})
    assert uv_variables({"GIT_TERMINAL_PROMPT": "1"})["GIT_TERMINAL_PROMPT"] == "1"


@pytest.mark.parametrize(
    ("pip", "uv", "value", "expected"),
    [
        ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "https://a/simple", "https://a/simple"),
        ("PIP_EXTRA_INDEX_URL", "UV_INDEX", "https://a https://b", "https://a https://b"),
        ("PIP_FIND_LINKS", "UV_FIND_LINKS", "/wheels /more", "/wheels,/more"),
        ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST", "a b", "a b"),
        ("PIP_DEFAULT_TIMEOUT", "UV_HTTP_TIMEOUT", "30", "30"),
        ("PIP_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER", "auto", "subprocess"),
        ("PIP_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER", "disabled", "disabled"),
        ("PIP_PROXY", "ALL_PROXY", "http://proxy", "http://proxy"),
    ],
)
def test_pips_variables_stand_in(pip: str, uv: str, value: str, expected: str) -> None:
    assert uv_variables({pip: value})[uv] == expected
    assert uv_variables({pip: value, uv: "mine"})[uv] == "mine"


def test_an_older_name_of_uv_counts_too() -> None:
    variables = uv_variables({"PIP_INDEX_URL": "https://pip", "UV_INDEX_URL": "https://uv"})
    assert "UV_DEFAULT_INDEX" not in variables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at https://me:secret@host/simple/ now", "at https://***@host/simple/ now"),
        ("git+https://token@host/x", "git+https://***@host/x"),
        ("https://host/a@b", "https://host/a@b"),
        ("https://me:p@ss@host/simple", "https://***@host/simple"),
        ("name@1.0 me@host", "name@1.0 me@host"),
    ],
)
def test_credentials_are_masked(text: str, expected: str) -> None:
    assert without_credentials(text) == expected


def test_settings_of_the_site_that_are_about_packages_count() -> None:
    settings = [
        Setting(name, "site", "--env")
        for name in ("PIP_INDEX_URL", "UV_INDEX_A_PASSWORD", "HTTPS_PROXY", "DEBUG")
    ]
    assert with_settings({"PIP_INDEX_URL": "shell", "HOME": "/h"}, settings) == {
        "PIP_INDEX_URL": "site",
        "UV_INDEX_A_PASSWORD": "site",
        "HTTPS_PROXY": "site",
        "HOME": "/h",
    }


@given(st.text(), st.text(alphabet="abc:%0", min_size=1))
def test_no_password_gets_through(around: str, secret: str) -> None:
    assert f"//{secret}Q@" not in without_credentials(f"{around} https://{secret}Q@host/ {around}")


def test_oryxs_folder_of_wheels_is_one_more() -> None:
    assert uv_variables({"PYTHON_PRELOADED_WHEELS_DIR": "/w"})["UV_FIND_LINKS"] == "/w"
    given = {"PYTHON_PRELOADED_WHEELS_DIR": "/w", "PIP_FIND_LINKS": "/a /b"}
    assert uv_variables(given)["UV_FIND_LINKS"] == "/a,/b,/w"
