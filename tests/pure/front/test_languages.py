"""The languages that a client reads, as folders."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.languages import language_folders


@pytest.mark.parametrize(
    ("accepted", "folders"),
    [
        (b"", ()),
        (b"de", ("de",)),
        (b"en-us", ("en-US", "en-us", "en")),
        (b"EN-US, de;q=0.5", ("en-US", "en-us", "en", "de")),
        (b"de;q=0.5, fr;q=0.9, en;q=0", ("fr", "de")),
        (b"zh-Hant-tw", ("zh-Hant-TW", "zh-hant-tw", "zh")),
        (b"*, ../x, de/../x, , ;q=1, a b, de;q=2", ()),
        (b"de; q=1.0", ("de",)),
    ],
)
def test_folders(accepted: bytes, folders: tuple[str, ...]) -> None:
    assert language_folders(accepted) == folders


@given(st.binary(max_size=200) | st.text("deEN-;=q0.1, */\\", max_size=200).map(str.encode))
def test_a_folder_is_a_plain_name(accepted: bytes) -> None:
    found = language_folders(accepted)
    assert len(found) <= 24
    assert all(re.fullmatch("[A-Za-z0-9-]+", name) for name in found)


def test_of_many_some_are_looked_for() -> None:
    many = ",".join(f"l{letter}-X{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" * 40)
    assert len(language_folders(many.encode())) <= 24
