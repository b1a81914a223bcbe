from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.settings import OPTIONS, Secret, Setting, looks_secret


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("SECRET_KEY", "x", True),
        ("DJANGO_SECRET_KEY", "x", True),
        ("API_TOKEN", "x", True),
        ("DB_PASSWORD", "x", True),
        ("STRIPE_KEY", "x", True),
        ("DATABASE_URL", "postgres://me:hunter2@db/shop", True),
        ("DATABASE_URL", "sqlite:///db.sqlite3", False),
        ("STATIC_URL", "/static/", False),
        ("DEBUG", "1", False),
        ("KEYBOARD", "de", False),
        ("WSGI_HANDLER", "app.app", False),
    ],
)
def test_names_and_values_that_are_masked(name: str, value: str, secret: bool) -> None:
    assert looks_secret(name, value) is secret


@given(st.text(min_size=4, alphabet="abcdefghijk"))
def test_a_secret_never_shows_its_text(text: str) -> None:
    secret = Secret(text)
    assert text not in f"{secret}{secret!r}{secret!s}"
    assert secret.reveal() == text


def test_a_secret_setting_is_masked_in_json_and_whole_for_the_process() -> None:
    setting = Setting.of("SECRET_KEY", "hunter2", "web.config:4")
    assert "hunter2" not in json.dumps(setting.as_json())
    assert "hunter2" not in repr(setting)
    assert setting.text == "hunter2"
    assert setting.as_json()["origin"] == "web.config:4"


def test_every_option_has_its_own_flag_variable_and_words() -> None:
    for name, option in OPTIONS.items():
        assert option.name == name
        assert option.flag in ("", "--" + name.replace("_", "-"))
        assert option.variable in ("", f"WEBSTEAD_{name.upper()}")
        assert option.flag or option.variable
        assert option.doc.endswith(".")
